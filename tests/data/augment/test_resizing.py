from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from google.protobuf import text_format
from keras import ops
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.data.augment import Preprocessed, build_preprocessor

GOLDEN = Path(__file__).parents[2] / "golden" / "preprocess.npz"
NORMALISE = {
    "ssd_resnet50_v1_fpn_keras": lambda images: images - np.array([123.68, 116.779, 103.939], np.float32),
    "ssd_mobilenet_v2_fpn_keras": lambda images: images * (2.0 / 255.0) - 1.0,
}
KEEP_ASPECT_RATIO = (
    "keep_aspect_ratio_resizer {{ min_dimension: {} max_dimension: {} pad_to_max_dimension: true }}"
)


def resizer(text: str) -> pb.ImageResizer:
    return text_format.Parse(text, pb.ImageResizer())


def preprocess(
    text: str,
    image: NDArray[np.uint8],
    *,
    boxes: Sequence[Sequence[float]] = ((0.1, 0.2, 0.5, 0.6),),
    normalise: Callable[[Any], Any] = lambda images: images,
) -> Preprocessed:
    """Preprocess one image on a canvas of noise, compiled."""
    preprocessor = build_preprocessor(resizer(text), ())
    height, width = image.shape[:2]
    on_canvas = np.random.default_rng(0).integers(0, 256, (1, height + 7, width + 5, 3), np.uint8)
    on_canvas[0, :height, :width] = image
    rows = len(boxes)
    import tensorflow as tf

    run = tf.function(lambda *arguments: preprocessor(*arguments, normalise=normalise))
    return run(
        tf.constant(on_canvas),
        tf.constant([[height, width]]),
        tf.constant(np.array(boxes, np.float32)[None]),
        tf.zeros((1, rows), tf.int32),
        tf.ones((1, rows)),
        tf.zeros((1, preprocessor.noise_columns)),
    )


@pytest.mark.parametrize("index", [0, 1, 2, 3, 4, 7, 8])
def test_resized_pixels_equal_the_od_api(index: int) -> None:
    golden = np.load(GOLDEN)
    text = str(golden["resizers"][index])
    result = preprocess(text, golden["image"][0])
    height, width = golden[f"shape_{index}"][:2]
    np.testing.assert_array_equal(ops.convert_to_numpy(result.true_sizes), [[height, width]])
    expected = golden[f"resized_{index}"]
    assert result.images.shape == (1, *expected.shape)
    weights_are_rounded = "BICUBIC" in text or "AREA" in text
    tolerance = 1e-3 if weights_are_rounded else 1e-4
    np.testing.assert_allclose(ops.convert_to_numpy(result.images)[0], expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("extractor", NORMALISE)
@pytest.mark.parametrize("index", [0, 7, 8])
def test_normalised_pixels_and_padding_equal_the_od_api(index: int, extractor: str) -> None:
    golden = np.load(GOLDEN)
    result = preprocess(str(golden["resizers"][index]), golden["image"][0], normalise=NORMALISE[extractor])
    expected = golden[f"{extractor}/preprocessed_{index}"]
    np.testing.assert_allclose(ops.convert_to_numpy(result.images), expected, rtol=0, atol=1e-4)
    np.testing.assert_array_equal(
        ops.convert_to_numpy(result.true_sizes), golden[f"{extractor}/true_shape_{index}"][:, :2]
    )


@pytest.mark.parametrize("method", ["BILINEAR", "NEAREST_NEIGHBOR", "BICUBIC", "AREA"])
@pytest.mark.parametrize("size", [(33, 49), (300, 200), (64, 64), (1, 7), (640, 481)])
def test_pixels_equal_tensorflow_1_resizing_at_any_size(size: tuple[int, int], method: str) -> None:
    import tensorflow as tf

    image = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
    result = preprocess(f"fixed_shape_resizer {{ height: 64 width: 96 resize_method: {method} }}", image)
    operation = {
        "BILINEAR": tf.raw_ops.ResizeBilinear,
        "NEAREST_NEIGHBOR": tf.raw_ops.ResizeNearestNeighbor,
        "BICUBIC": tf.raw_ops.ResizeBicubic,
        "AREA": tf.raw_ops.ResizeArea,
    }[method]
    options = {} if method == "AREA" else {"half_pixel_centers": False}
    expected = operation(images=image[None].astype(np.float32), size=[64, 96], **options)
    # The kernel of AREA computes the end of a span by a multiplication; ours adds its length to the start.
    np.testing.assert_allclose(result.images, expected, rtol=0, atol=3e-3 if method == "AREA" else 2e-4)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((100, 200), (48, 96)),
        ((200, 100), (96, 48)),
        ((50, 60), (60, 72)),
        ((70, 70), (60, 60)),
        ((10, 9), (67, 60)),
    ],
)
def test_aspect_ratio_is_kept_and_boxes_are_moved_into_the_padded_frame(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    image = np.full((*size, 3), 200, np.uint8)
    boxes = [[0.0, 0.0, 1.0, 1.0], [0.5, 0.25, 0.75, 0.5], [0.0, 0.0, 0.0, 0.0]]
    result = preprocess(KEEP_ASPECT_RATIO.format(60, 96), image, boxes=boxes)
    height, width = expected
    np.testing.assert_array_equal(ops.convert_to_numpy(result.true_sizes), [expected])
    share = np.array([height, width, height, width]) / 96
    np.testing.assert_allclose(ops.convert_to_numpy(result.boxes_yxyx)[0], np.array(boxes) * share, rtol=1e-6)
    assert ops.convert_to_numpy(result.weights)[0].tolist() == [1.0, 1.0, 0.0]
    images = ops.convert_to_numpy(result.images)[0]
    np.testing.assert_allclose(images[:height, :width], 200.0)
    assert not images[height:].any()
    assert not images[:, width:].any()


def test_a_batch_of_different_sizes_is_resized_image_by_image() -> None:
    golden = np.load(GOLDEN)
    image = golden["image"][0]
    smaller = image[:30, :20]
    canvas = np.zeros((2, 60, 70, 3), np.uint8)
    canvas[0, :47, :61], canvas[1, :30, :20] = image, smaller
    preprocessor = build_preprocessor(resizer(KEEP_ASPECT_RATIO.format(40, 48)), ())
    empty = np.zeros((2, 0), np.float32)
    result = preprocessor(
        canvas,
        np.array([[47, 61], [30, 20]], np.int32),
        np.zeros((2, 0, 4), np.float32),
        empty.astype(np.int32),
        empty,
        empty,
        normalise=lambda images: images,
    )
    alone = preprocess(KEEP_ASPECT_RATIO.format(40, 48), smaller)
    np.testing.assert_allclose(ops.convert_to_numpy(result.images)[0], golden["resized_7"], rtol=0, atol=1e-4)
    np.testing.assert_array_equal(ops.convert_to_numpy(result.images)[1], ops.convert_to_numpy(alone.images)[0])


def test_padding_row_of_size_one_is_finite() -> None:
    result = preprocess(KEEP_ASPECT_RATIO.format(40, 48), np.zeros((1, 1, 3), np.uint8))
    assert np.isfinite(ops.convert_to_numpy(result.images)).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "nothing is chosen; set fixed_shape_resizer or keep_aspect_ratio_resizer"),
        ("identity_resizer {}", "identity_resizer is not supported: its images differ in size"),
        ("conditional_shape_resizer {}", "conditional_shape_resizer is not supported"),
        ("pad_to_multiple_resizer {}", "pad_to_multiple_resizer is not supported"),
        ("fixed_shape_resizer { height: 0 }", "height = 0: give a value of at least 1"),
        ("keep_aspect_ratio_resizer {}", "pad_to_max_dimension = false is not supported"),
        (KEEP_ASPECT_RATIO.format(9, 8), "min_dimension = 9 exceeds max_dimension = 8; lower it"),
        ("fixed_shape_resizer { convert_to_grayscale: true }", "it leaves one channel, and the network"),
        (KEEP_ASPECT_RATIO.format(8, 9)[:-1] + "per_channel_pad_value: 1 }", "1 values; give 3 or none"),
    ],
)
def test_resizer_without_a_static_colour_size_is_rejected(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_preprocessor(resizer(text), ())


def test_results_are_float32_under_every_keras_dtype() -> None:
    policy = keras.config.floatx()
    keras.config.set_floatx("bfloat16")
    try:
        golden = np.load(GOLDEN)
        result = preprocess(str(golden["resizers"][0]), golden["image"][0])
    finally:
        keras.config.set_floatx(policy)
    assert result.images.dtype == "float32"
    np.testing.assert_allclose(result.images[0], golden["resized_0"], rtol=0, atol=1e-4)
