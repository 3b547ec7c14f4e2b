"""Sequences of options: each is applied to the pixels and boxes that the previous one returns.

The expected images are computed step by step with NumPy, each step from the previous array; the preprocessor
computes them in one pass from the original pixels.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format
from keras import ops
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.data.augment import Preprocessed, build_preprocessor

PICTURE = np.random.default_rng(8).integers(20, 200, (20, 28, 3), np.uint8)
BOXES = [[0.1, 0.25, 0.6, 0.75], [0.5, 0.0, 1.0, 0.2]]
RED = "pad_color: 210 pad_color: 5 pad_color: 15"
TURN = "random_rotation90 { probability: 1 }"
MIRROR = "random_horizontal_flip { probability: 1 }"
TWICE = "random_self_concat_image { concat_vertical_probability: 1 concat_horizontal_probability: 0 }"


def frame_of(height: int, width: int, colour: str = RED) -> str:
    """Return the option that pads to a size; its noise is the top and left position."""
    smallest = f"min_image_height: {height} min_image_width: {width}"
    largest = f"max_image_height: {height + 1} max_image_width: {width + 1}"
    return f"random_pad_image {{ {smallest} {largest} {colour} }}"


def preprocessed(
    options: Sequence[str], noise: Sequence[float], size: tuple[int, int], *, resizer: str | None = None
) -> Preprocessed:
    """Apply options to PICTURE on a larger canvas; `size` is the height and width of the result."""
    text = resizer or f"fixed_shape_resizer {{ height: {size[0]} width: {size[1]} }}"
    steps = [text_format.Parse(option, pb.PreprocessingStep()) for option in options]
    preprocessor = build_preprocessor(text_format.Parse(text, pb.ImageResizer()), steps)
    canvas = np.full((1, 30, 30, 3), 77, np.uint8)
    canvas[0, :20, :28] = PICTURE
    boxes = np.zeros((1, 4, 4), np.float32)
    boxes[0, : len(BOXES)] = BOXES
    result = preprocessor(
        canvas,
        np.array([[20, 28]], np.int32),
        boxes,
        np.zeros((1, 4), np.int32),
        np.ones((1, 4), np.float32),
        np.array([noise], np.float32).reshape(1, -1),
        normalise=lambda images: images,
    )
    return Preprocessed(*(ops.convert_to_numpy(part)[0] for part in result))


def framed(
    image: NDArray[Any], size: tuple[int, int], top: int, left: int, colour: Sequence[float]
) -> NDArray[Any]:
    """Return an image in a frame of one colour."""
    frame = np.tile(np.array(colour, np.float32), (*size, 1))
    frame[top : top + image.shape[0], left : left + image.shape[1]] = image
    return frame


def position_noise(top: int, left: int, size: tuple[int, int], inner: tuple[int, int]) -> list[float]:
    """Return the noise that places an image of a size at a position in a frame."""
    assert top < max(size[0] - inner[0], 1)
    assert left < max(size[1] - inner[1], 1)
    return [
        0.5,
        0.5,
        (top + 0.5) / max(size[0] - inner[0], 1),
        (left + 0.5) / max(size[1] - inner[1], 1),
    ]


def brighter(share: float) -> tuple[str, float]:
    """Return the option that adds a fraction of white, and its noise."""
    return f"random_adjust_brightness {{ max_delta: {share} }}", 1.0


def test_padding_rotation_crop_and_mirroring_in_sequence() -> None:
    options = [frame_of(24, 40), TURN, "random_crop_to_aspect_ratio { overlap_thresh: 0 }", MIRROR]
    noise = [*position_noise(3, 10, (24, 40), (20, 28)), 0.5, (9 + 0.5) / 17, 0.5, 0.5]
    expected = np.rot90(framed(PICTURE, (24, 40), 3, 10, (210, 5, 15)))[9 : 9 + 24, :][:, ::-1]
    result = preprocessed(options, noise, (24, 24))
    np.testing.assert_allclose(result.images, expected, atol=1e-3)
    # Rows 2..12 and columns 7..21 of the image are in rows 5..15 and columns 17..31 of the frame; after
    # rotation in columns 5..15 and rows 40 - 31..40 - 17; then cropped by 9 rows and mirrored.
    np.testing.assert_allclose(result.boxes_yxyx[0] * 24, [0.0, 24 - 15, 14.0, 24 - 5], atol=1e-4)


def test_colour_changes_padding_only_after_it_is_added() -> None:
    option, strength = brighter(0.1)
    position = position_noise(2, 5, (30, 36), (20, 28))
    after = preprocessed([frame_of(30, 36), option], [*position, strength], (30, 36))
    before = preprocessed([option, frame_of(30, 36)], [strength, *position], (30, 36))
    bright = np.clip(PICTURE + 25.5, 0, 255)
    np.testing.assert_allclose(before.images, framed(bright, (30, 36), 2, 5, (210, 5, 15)), atol=1e-3)
    np.testing.assert_allclose(after.images, framed(bright, (30, 36), 2, 5, (235.5, 30.5, 40.5)), atol=1e-3)


def test_nested_paddings_have_the_mean_of_the_padded_image() -> None:
    option, strength = brighter(0.1)
    noise = [*position_noise(1, 1, (26, 30), (20, 28)), strength, *position_noise(2, 7, (30, 44), (26, 30))]
    result = preprocessed([frame_of(26, 30), option, frame_of(30, 44, "")], noise, (30, 44))
    inner = framed(np.clip(PICTURE + 25.5, 0, 255), (26, 30), 1, 1, (235.5, 30.5, 40.5))
    expected = framed(inner, (30, 44), 2, 7, inner.mean(axis=(0, 1)))
    np.testing.assert_allclose(result.images, expected, atol=2e-3)


def test_contrast_uses_the_mean_at_its_position_in_the_order() -> None:
    option = "random_adjust_contrast { min_delta: 0.5 max_delta: 0.5 }"
    position = position_noise(2, 5, (30, 36), (20, 28))
    result = preprocessed([option, frame_of(30, 36)], [0.5, *position], (30, 36))
    mean = PICTURE.mean(axis=(0, 1))
    expected = framed((PICTURE - mean) * 0.5 + mean, (30, 36), 2, 5, (210, 5, 15))
    np.testing.assert_allclose(result.images, expected, atol=2e-3)
    later = preprocessed([frame_of(30, 36), option], [*position, 0.5], (30, 36))
    whole = framed(PICTURE, (30, 36), 2, 5, (210, 5, 15))
    np.testing.assert_allclose(
        later.images, (whole - whole.mean(axis=(0, 1))) * 0.5 + whole.mean(axis=(0, 1)), atol=2e-3
    )


@pytest.mark.parametrize("turned", [False, True])
def test_crop_of_a_concatenated_image_spans_the_seam(turned: bool) -> None:
    options, noise = [TWICE], [0.5, 0.5]
    if turned:
        options, noise = [*options, TURN], [*noise, 0.5]
    options, noise = [*options, "random_crop_to_aspect_ratio {}"], [*noise, *[(6 + 0.5) / 13] * 2]
    tall = np.concatenate([PICTURE, PICTURE])
    expected = np.rot90(tall)[:, 6 : 6 + 28] if turned else tall[6 : 6 + 28]
    result = preprocessed(options, noise, (28, 28))
    np.testing.assert_allclose(result.images, expected, atol=1e-3)


def test_copied_objects_follow_the_originals_and_excess_rows_are_dropped() -> None:
    result = preprocessed(
        [TWICE, TWICE.replace("vertical_probability: 1", "vertical_probability: 0.5")],
        [0.5, 0.5, 0.9, 0.5],
        (40, 28),
    )
    assert result.weights.tolist() == [1.0, 1.0, 1.0, 1.0]
    twice = np.array(BOXES) * [0.5, 1.0, 0.5, 1.0]
    np.testing.assert_allclose(
        result.boxes_yxyx, np.concatenate([twice, twice + np.array([0.5, 0, 0.5, 0])]), atol=1e-6
    )
    again = preprocessed([TWICE, TWICE], [0.5] * 4, (80, 28))
    np.testing.assert_allclose(again.boxes_yxyx[:2], twice * [0.5, 1.0, 0.5, 1.0], atol=1e-6)
    assert again.boxes_yxyx.shape == (4, 4)


def test_scale_and_padding_in_a_keep_aspect_frame() -> None:
    """An image scaled to 10 x 14, padded to 20 x 20 with one colour, fitted into a frame of 40."""
    options = ["resize_image { new_height: 10 new_width: 14 }", frame_of(20, 20)]
    noise = position_noise(6, 2, (20, 20), (10, 14))
    resizer = "keep_aspect_ratio_resizer { min_dimension: 20 max_dimension: 40 pad_to_max_dimension: true }"
    result = preprocessed(options, noise, (0, 0), resizer=resizer)
    expected = framed(PICTURE[::2, ::2], (20, 20), 6, 2, (210, 5, 15))
    np.testing.assert_allclose(result.images[:20, :20], expected, atol=1e-3)
    assert result.true_sizes.tolist() == [20, 20]
    assert not result.images[20:].any()
    assert not result.images[:, 20:].any()
    inner = np.array(BOXES) * [10, 14, 10, 14] + [6, 2, 6, 2]
    np.testing.assert_allclose(result.boxes_yxyx[:2], inner / 40, atol=1e-6)


def test_interpolation_blends_padding_at_the_edge() -> None:
    """A frame resized to twice its size has the mean of image and padding between them."""
    position = position_noise(2, 4, (24, 36), (20, 28))
    result = preprocessed([frame_of(24, 36)], position, (48, 72))
    import tensorflow as tf

    frame = framed(PICTURE, (24, 36), 2, 4, (210, 5, 15))
    expected = tf.raw_ops.ResizeBilinear(images=frame[None], size=(48, 72), half_pixel_centers=False)[0]
    np.testing.assert_allclose(result.images, expected, atol=1e-3)
