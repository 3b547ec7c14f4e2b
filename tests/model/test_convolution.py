"""The convolution: in training its kernel gradient may be computed by matrix products, with the same result."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from sweepbox.detection.model import convolution as module
from sweepbox.detection.model.convolution import Convolution
from sweepbox.detection.model.convolution_tensorflow import convolution


@pytest.mark.parametrize("kernel_size", [(1, 1), (3, 3), (5, 3), (1, 7)])
def test_gradients_equal_tensorflow(kernel_size: tuple[int, int]) -> None:
    draws = np.random.default_rng(0)
    inputs = tf.constant(draws.normal(size=(2, 9, 8, 3)), tf.float32)
    kernel = tf.constant(draws.normal(size=(*kernel_size, 3, 5)), tf.float32)
    weights = tf.constant(draws.normal(size=(2, 9, 8, 5)), tf.float32)

    def gradients(function: object) -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            tape.watch([inputs, kernel])
            outputs = function(inputs, kernel)  # type: ignore[operator]
            loss = tf.reduce_sum(outputs * weights)
        return outputs, tape.gradient(loss, [inputs, kernel])

    outputs, ours = gradients(tf.function(convolution))
    expected, theirs = gradients(lambda x, k: tf.nn.conv2d(x, k, 1, "SAME"))
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-5)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def graph_operations(layer: Convolution, *, training: bool) -> set[str]:
    function = tf.function(lambda inputs: layer(inputs, training=training))
    return {
        operation.type
        for operation in function.get_concrete_function(tf.ones((1, 8, 8, 2))).graph.get_operations()
    }


@pytest.mark.parametrize(
    ("options", "training", "only_avx2", "is_ours"),
    [
        ({"kernel_size": 3}, True, True, True),
        ({"kernel_size": 3}, False, True, False),
        ({"kernel_size": 3}, True, False, False),
        ({"kernel_size": 1}, True, True, False),
        ({"kernel_size": 4}, True, True, False),
        ({"kernel_size": 3, "strides": 2}, True, True, False),
        ({"kernel_size": 3, "dilation_rate": 2}, True, True, False),
        ({"kernel_size": 3, "padding": "valid"}, True, True, False),
        ({"kernel_size": 3, "dtype": "mixed_bfloat16"}, True, True, False),
    ],
)
def test_matrix_products_are_used_only_in_supported_cases(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, object], training: bool, only_avx2: bool, is_ours: bool
) -> None:
    monkeypatch.setattr(module, "has_only_avx2", lambda: only_avx2)
    layer = Convolution(4, **{"padding": "same", "use_bias": False, **options})
    layer.build((1, 8, 8, 2))
    assert ("IdentityN" in graph_operations(layer, training=training)) is is_ours


def test_outputs_are_equal_with_and_without_matrix_products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "has_only_avx2", lambda: True)
    layer = Convolution(4, 3, padding="same", bias_initializer="ones")
    inputs = keras.random.normal((2, 6, 7, 3), seed=1)
    np.testing.assert_allclose(
        layer(inputs, training=True), layer(inputs, training=False), rtol=1e-5, atol=1e-6
    )
