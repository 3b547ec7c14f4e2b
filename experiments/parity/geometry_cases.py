"""Apply a geometric option to an image with the noise that reproduces the oracle's random values."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from google.protobuf import text_format
from keras import ops
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.data.augment import Preprocessed, build_preprocessor
from sweepbox.detection.data.augment.crop import COLUMNS as CROP_COLUMNS

ROWS = 24
"""Rows of objects in the input, enough for all copies."""
KEEP = [0.0] * CROP_COLUMNS


def drawn(number: int, count: int) -> float:
    """Return the noise that makes a uniform draw from `range(count)` return `number`."""
    return (number + 0.5) / count


NOISE: dict[str, Sequence[float]] = {
    "mirrored": [0.5],
    "upside_down": [0.5],
    "turned": [0.5],
    "smaller": [0.5],
    "larger": [0.5],
    "resized": [],
    "downscaled": [0.5, 0.5],
    "small_enough": [0.5, 0.5],
    "padded_mean": [0.5, 0.5, drawn(7, 16), drawn(3, 14)],
    "padded_colour": [0.5, 0.5, drawn(7, 16), drawn(3, 14)],
    "padded_one_value": [0.5, 0.5, drawn(7, 16), drawn(3, 14)],
    "padded_crop": [*KEEP, 0.5, 0.5, drawn(7, 12), drawn(1, 9)],
    "padded_operation": [0.5, *KEEP, 0.5, 0.5, drawn(7, 12), drawn(1, 9)],
    "padded_to_wide": [0.5, *KEEP, 0.5],
    "padded_to_square": [0.5, *KEEP, 0.5],
    "padded_to_high": [0.5, *KEEP, 0.5],
    "cut_to_square": [0.5, drawn(7, 13)],
    "cut_to_wide": [drawn(3, 4), 0.5],
    "cut_and_kept": [0.5, *KEEP, 0.5, drawn(10, 13)],
    "square_large": [0.5, drawn(7, 9), drawn(1, 5)],
    "square_small": [0.5, drawn(4, 5), drawn(0, 17)],
    "scaled_into_square": [0.5, 0.5, 0.5],
    "scaled_over_square": [0.5, drawn(3, 4), drawn(17, 21)],
    "four_times": [0.5, 0.5],
    "jitter_of_nothing": [0.5, 0.5, 0.5, 0.5],
}
"""Noise by case of the oracle's `geometry_cases.py`; reproduces the positions that its seed draws."""


def preprocessed(arrays: Mapping[str, NDArray[Any]], name: str) -> Preprocessed:
    """Apply a case's option to its image on a larger canvas, resized to the size of the expected image."""
    high, wide = arrays["image"].shape[:2]
    canvas = np.random.default_rng(0).integers(0, 256, (1, high + 6, wide + 4, 3), np.uint8)
    canvas[0, :high, :wide] = arrays["image"]
    boxes = np.zeros((1, ROWS, 4), np.float32)
    boxes[0, : len(arrays["boxes"])] = arrays["boxes"]
    height, width = arrays[f"{name}/image"].shape[:2]
    resizer = pb.ImageResizer(fixed_shape_resizer=pb.FixedShapeResizer(height=height, width=width))
    option = text_format.Parse(str(arrays[f"{name}/config"]), pb.PreprocessingStep())
    result = build_preprocessor(resizer, [option])(
        canvas,
        np.array([[high, wide]], np.int32),
        boxes,
        np.arange(ROWS, dtype=np.int32)[None],
        np.ones((1, ROWS), np.float32),
        np.array([NOISE[name]], np.float32).reshape(1, -1),
        normalise=lambda images: images,
    )
    return Preprocessed(*(ops.convert_to_numpy(part)[0] for part in result))


def objects(result: Preprocessed) -> NDArray[np.float32]:
    """Return class (from 1) and box of the remaining objects, `[objects, 5]`."""
    kept = result.weights > 0
    return np.column_stack([result.class_ids[kept] + 1, result.boxes_yxyx[kept]]).astype(np.float32)


def expected_objects(arrays: Mapping[str, NDArray[Any]], name: str) -> NDArray[np.float32]:
    """Return class and box of the oracle's objects, `[objects, 5]`."""
    return np.column_stack([arrays[f"{name}/classes"], arrays[f"{name}/boxes"]]).astype(np.float32)
