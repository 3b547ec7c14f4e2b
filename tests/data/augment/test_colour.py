from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from keras import ops
from numpy.typing import NDArray

from sweepbox.detection.data.augment import colour
from sweepbox.detection.data.augment.filters import bilinear
from sweepbox.detection.data.augment.pixel_option import PixelContext
from sweepbox.detection.data.augment.pixel_options import PIXEL_OPTIONS
from sweepbox.detection.data.augment.trace import trace
from sweepbox.detection.data.augment.view import whole_images

IMAGES = np.random.default_rng(5).uniform(0, 255, (3, 20, 30, 3)).astype(np.float32)
IMAGES[0, :4] = 0.0  # black
IMAGES[0, 4:8] = 128.0  # grey
IMAGES[0, 8:10] = [255.0, 0.0, 0.0]  # pure colours
IMAGES[0, 10:12] = [0.0, 255.0, 255.0]
STRENGTHS = np.array([-0.3, 0.1, 0.7], np.float32)


def by_image(function: Callable[[Any, float], Any], strengths: NDArray[np.float32]) -> NDArray[np.float32]:
    """Apply a function of an image in 0..1 to each image and return the results in 0..255, clipped."""
    import tensorflow as tf

    results = [
        function(tf.constant(image / 255.0), float(value))
        for image, value in zip(IMAGES, strengths, strict=True)
    ]
    return np.clip(np.stack(results) * 255.0, 0.0, 255.0)


def test_brightness_adds_a_fraction_of_white() -> None:
    result = ops.convert_to_numpy(colour.add_brightness(ops.convert_to_tensor(IMAGES), STRENGTHS))
    expected = np.clip(IMAGES + 255.0 * STRENGTHS[:, None, None, None], 0, 255)
    np.testing.assert_allclose(result, expected, atol=1e-3)


def test_contrast_equals_tensorflow() -> None:
    import tensorflow as tf

    factors = STRENGTHS + 0.8
    result = ops.convert_to_numpy(colour.scale_contrast(ops.convert_to_tensor(IMAGES), factors, None))
    np.testing.assert_allclose(result, by_image(tf.image.adjust_contrast, factors), atol=2e-3)


def test_contrast_mean_excludes_padding() -> None:
    inside = np.zeros((3, 20, 30, 1), bool)
    inside[:, :12, :17] = True
    factors = STRENGTHS + 0.8
    result = ops.convert_to_numpy(colour.scale_contrast(ops.convert_to_tensor(IMAGES), factors, inside))
    alone = colour.scale_contrast(ops.convert_to_tensor(IMAGES[:, :12, :17]), factors, None)
    np.testing.assert_allclose(result[:, :12, :17], ops.convert_to_numpy(alone), atol=1e-3)


def test_saturation_equals_tensorflow() -> None:
    import tensorflow as tf

    for factors in (STRENGTHS + 0.3, STRENGTHS + 1.5):
        result = ops.convert_to_numpy(colour.scale_saturation(ops.convert_to_tensor(IMAGES), factors))
        np.testing.assert_allclose(result, by_image(tf.image.adjust_saturation, factors), atol=2e-3)


def test_hue_equals_tensorflow() -> None:
    import tensorflow as tf

    result = ops.convert_to_numpy(colour.shift_hue(ops.convert_to_tensor(IMAGES), STRENGTHS))
    np.testing.assert_allclose(result, by_image(tf.image.adjust_hue, STRENGTHS), atol=2e-3)


def test_hue_is_cyclic() -> None:
    images = ops.convert_to_tensor(IMAGES)
    turned = ops.convert_to_numpy(colour.shift_hue(images, np.ones(3, np.float32)))
    np.testing.assert_allclose(turned, IMAGES, atol=2e-3)
    red_to_green = colour.shift_hue(
        ops.ones((1, 1, 1, 3)) * np.array([255.0, 0, 0]), np.array([1 / 3], np.float32)
    )
    np.testing.assert_allclose(ops.convert_to_numpy(red_to_green)[0, 0, 0], [0, 255, 0], atol=1e-3)


@pytest.mark.parametrize(
    ("name", "values", "strengths", "apply"),
    [
        ("random_adjust_brightness", {"max_delta": 0.2}, (-0.2, 0.0, 0.1), colour.add_brightness),
        ("random_adjust_hue", {"max_delta": 0.02}, (-0.02, 0.0, 0.01), colour.shift_hue),
        (
            "random_adjust_saturation",
            {"min_delta": 0.8, "max_delta": 1.2},
            (0.8, 1.0, 1.1),
            colour.scale_saturation,
        ),
        (
            "random_adjust_contrast",
            {"min_delta": 0.8, "max_delta": 1.2},
            (0.8, 1.0, 1.1),
            lambda images, factor: colour.scale_contrast(images, factor, None),
        ),
    ],
)
def test_strengths_are_uniform_over_the_configured_range(
    name: str, values: dict[str, float], strengths: tuple[float, ...], apply: Callable[[Any, Any], Any]
) -> None:
    noise = ops.convert_to_tensor(np.array([[0.0], [0.5], [0.75]], np.float32))
    images = ops.convert_to_tensor(IMAGES)
    scalars = {key: ops.convert_to_tensor(value, "float32") for key, value in values.items()}
    sizes = ops.convert_to_tensor(np.tile(np.array([[20, 30]], np.int32), (3, 1)))
    view = whole_images(sizes, ops.zeros((3, 1, 4)))
    whole = trace(view, sizes, (20, 30), method=bilinear, frame=None)
    result = PIXEL_OPTIONS[name].apply(images, PixelContext(noise, scalars, {}, view, whole))
    expected = apply(images, ops.convert_to_tensor(np.array(strengths, np.float32)))
    np.testing.assert_allclose(ops.convert_to_numpy(result), ops.convert_to_numpy(expected), atol=2e-3)
