"""The forms of layers for JAX equal TensorFlow's kernels, values and gradients."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from sweepbox.detection.model.batch_norm_tensorflow import fused_batch_norm

pytest.importorskip("jax")

import jax

from sweepbox.detection.model.batch_norm_jax import normalised
from sweepbox.detection.model.convolution_jax import strided_convolution
from sweepbox.detection.model.depthwise_jax import depthwise_convolution

GENERATOR = np.random.default_rng(0)
MAPS = GENERATOR.normal(3, 2, (2, 3, 5, 4)).astype(np.float32)
GAMMA, BETA = GENERATOR.normal(size=(2, 4)).astype(np.float32)


def _near(actual: Any, expected: Any, tolerance: float = 1e-4) -> None:
    expected = np.asarray(expected, np.float32)
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(np.asarray(actual, np.float32), expected, rtol=0, atol=tolerance * scale)


def _fused(inputs: NDArray[np.float32], upstream: NDArray[np.float32]) -> tuple[Any, ...]:
    """Return outputs, mean and unbiased variance of TensorFlow's kernel, and the gradients."""
    arguments = [tf.constant(inputs), tf.constant(GAMMA), tf.constant(BETA)]
    with tf.GradientTape() as tape:
        tape.watch(arguments)
        results = fused_batch_norm(*arguments, tf.zeros(4), tf.ones(4), epsilon=1e-3, training=True)
    return results, tape.gradient(results[0], arguments, output_gradients=tf.constant(upstream))


@pytest.mark.parametrize("shift", [0.0, 3.0, 40.0])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_batch_norm(dtype: str, shift: float) -> None:
    inputs = jax.numpy.asarray(MAPS, dtype)
    upstream = jax.numpy.asarray(GENERATOR.normal(size=MAPS.shape), dtype)
    shifts = np.full(4, shift, np.float32)
    results, gradients_of = jax.vjp(lambda *values: normalised(*values, shifts, 1e-3), inputs, GAMMA, BETA)
    assert [str(result.dtype) for result in results] == [dtype, "float32", "float32"]
    gradients = gradients_of((upstream, np.ones(4, np.float32), np.ones(4, np.float32)))
    expected, expected_gradients = _fused(np.asarray(inputs, np.float32), np.asarray(upstream, np.float32))
    tolerance = 2e-4 if dtype == "float32" else 1e-2
    for ours, theirs in zip((*results[:2], *gradients), (*expected[:2], *expected_gradients), strict=True):
        _near(ours, theirs, tolerance)
    count = MAPS.size // 4
    _near(results[2] * count / (count - 1), expected[2], tolerance)


def test_variance_of_maps_far_from_zero_keeps_its_digits_near_the_shift() -> None:
    far = MAPS + 4096.0
    outputs, _, variance = normalised(far, GAMMA, BETA, far.mean((0, 1, 2)) + 1.0, 1e-3)
    _near(variance, far.astype(np.float64).var((0, 1, 2)), 1e-3)
    assert np.isfinite(outputs).all()


@pytest.mark.parametrize("height, width", [(38, 32), (37, 33), (7, 8)])
@pytest.mark.parametrize("size, channels", [((7, 7), 3), ((3, 3), 3), ((4, 5), 1)])
def test_strided_convolution(size: tuple[int, int], channels: int, height: int, width: int) -> None:
    images = GENERATOR.normal(size=(2, height, width, channels)).astype(np.float32)
    kernel = GENERATOR.normal(size=(*size, channels, 8)).astype(np.float32)
    outputs, gradients_of = jax.vjp(strided_convolution, images, kernel)
    arguments = [tf.constant(images), tf.constant(kernel)]
    with tf.GradientTape() as tape:
        tape.watch(arguments)
        expected = tf.nn.conv2d(*arguments, 2, "VALID")
    upstream = GENERATOR.normal(size=expected.shape).astype(np.float32)
    _near(outputs, expected)
    gradients = tape.gradient(expected, arguments, output_gradients=tf.constant(upstream))
    for ours, theirs in zip(gradients_of(upstream), gradients, strict=True):
        _near(ours, theirs)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("height, width", [(9, 8), (6, 5)])
def test_depthwise_convolution(height: int, width: int, stride: int, padding: str) -> None:
    inputs = GENERATOR.normal(size=(2, height, width, 4)).astype(np.float32)
    kernel = GENERATOR.normal(size=(3, 3, 4, 1)).astype(np.float32)
    ours, gradients_of = jax.vjp(
        lambda *values: depthwise_convolution(*values, stride, padding), inputs, kernel
    )
    arguments = [tf.constant(inputs), tf.constant(kernel)]
    with tf.GradientTape() as tape:
        tape.watch(arguments)
        expected = tf.nn.depthwise_conv2d(*arguments, [1, stride, stride, 1], padding.upper())
    upstream = GENERATOR.normal(size=expected.shape).astype(np.float32)
    _near(ours, expected)
    gradients = tape.gradient(expected, arguments, output_gradients=tf.constant(upstream))
    for one, other in zip(gradients_of(upstream), gradients, strict=True):
        _near(one, other)


WHOLE_NETWORK = """
import sys
import jax
import numpy as np
from sweepbox.detection.config.load import load_config
from sweepbox.detection.model import convolution
from sweepbox.detection.model.ssd import build_detector

config = load_config(sys.argv[1])
size = config.model.ssd.image_resizer.fixed_shape_resizer
size.height = size.width = 160
detector = build_detector(config.model.ssd, seed=1)
images = np.random.default_rng(0).normal(size=(2, 160, 160, 3)).astype(np.float32)
predicted = []
for on_gpu in (False, True):
    convolution._is_jax_on_gpu = lambda: on_gpu
    predicted.append(jax.tree.leaves(detector.network(images, training=False)))
for plain, ours in zip(*predicted, strict=True):
    np.testing.assert_allclose(ours, plain, rtol=0, atol=1e-4 * float(np.abs(plain).max()))
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["face_mask_mobilenet_320", "face_mask_resnet50_640"])
def test_a_network_of_these_forms_predicts_the_same(name: str, jax_environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", WHOLE_NETWORK, f"experiments/configs/{name}.config"]
    environment = os.environ | jax_environment | {"KERAS_BACKEND": "jax"}
    root = Path(__file__).parents[2]
    ended = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
