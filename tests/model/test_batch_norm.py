from typing import Any

import numpy as np
import pytest

from sweepbox.detection.model.batch_norm import BatchNorm, batch_norm
from sweepbox.detection.model.batch_norm_tensorflow import fused_batch_norm
from sweepbox.detection.model.hyperparameters import BatchNormSettings
from sweepbox.detection.model.precision import Precision

SETTINGS = BatchNormSettings(momentum=0.9, epsilon=1e-3, center=True, scale=True)
INPUTS = np.random.default_rng(0).normal(3, 2, (2, 3, 5, 4)).astype(np.float32)


def _layer(*, settings: BatchNormSettings = SETTINGS, frozen: bool = False, **options: Any) -> BatchNorm:
    precision = options.get("precision", Precision.FLOAT32)
    layer = BatchNorm(settings, frozen=frozen, name="norm", dtype=precision.policy)
    layer.build(INPUTS.shape)
    return layer


def test_moving_statistics_use_mean_and_unbiased_variance() -> None:
    layer = _layer()
    outputs = np.asarray(layer(INPUTS, training=True))
    mean, unbiased = INPUTS.mean((0, 1, 2)), INPUTS.reshape(-1, 4).var(axis=0, ddof=1)
    np.testing.assert_allclose(layer.moving_mean, 0.1 * mean, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, 0.9 + 0.1 * unbiased, rtol=1e-5)
    np.testing.assert_allclose(
        outputs, (INPUTS - mean) / np.sqrt(INPUTS.var((0, 1, 2)) + 1e-3), rtol=1e-4, atol=1e-5
    )


def test_inference_uses_the_moving_statistics() -> None:
    layer = _layer()
    layer.moving_mean.assign([1, 2, 3, 4])
    layer.moving_variance.assign([4, 4, 1, 1])
    layer.gamma.assign([2, 1, 1, 1])
    layer.beta.assign([0, 0, 0, 5])
    expected = (INPUTS - [1, 2, 3, 4]) / np.sqrt(np.array([4, 4, 1, 1]) + 1e-3) * [2, 1, 1, 1] + [0, 0, 0, 5]
    np.testing.assert_allclose(layer(INPUTS, training=False), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("training", [False, True])
def test_frozen_statistics_do_not_change(training: bool) -> None:
    layer = _layer(frozen=True)
    outputs = layer(INPUTS, training=training)
    np.testing.assert_allclose(outputs, INPUTS / np.sqrt(1.001), rtol=1e-5)
    np.testing.assert_array_equal(layer.moving_mean, 0)
    assert len(layer.trainable_weights) == 2


def test_without_scale_and_center_there_are_no_trainable_weights() -> None:
    layer = _layer(settings=BatchNormSettings(0.9, 1e-3, center=False, scale=False))
    outputs = np.asarray(layer(INPUTS, training=True))
    assert not layer.trainable_weights
    np.testing.assert_allclose(outputs.mean((0, 1, 2)), 0, atol=1e-5)


def test_bfloat16_inputs_have_float32_statistics() -> None:
    layer = _layer(precision=Precision.BFLOAT16)
    outputs = layer(INPUTS, training=True)
    assert str(outputs.dtype).endswith("'bfloat16'>")
    assert {weight.dtype for weight in layer.weights} == {"float32"}
    np.testing.assert_allclose(layer.moving_mean, 0.1 * INPUTS.mean((0, 1, 2)), rtol=5e-3)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("count", [30, 1])
def test_formula_equals_the_fused_kernel(count: int, training: bool) -> None:
    inputs = INPUTS.reshape(30, 1, 1, 4)[:count]
    numbers = np.random.default_rng(1).uniform(0.5, 1.5, (4, 4)).astype(np.float32)
    ours = batch_norm(inputs, *numbers, epsilon=1e-3, training=training)
    fused = fused_batch_norm(inputs, *numbers, epsilon=1e-3, training=training)
    for actual, expected in zip(ours, fused, strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)
