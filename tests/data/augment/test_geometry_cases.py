"""Geometric options with nothing left to chance, or with the noise that makes what was drawn."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from keras import ops
from numpy.typing import NDArray

from detection.config import pipeline_pb2 as pb
from detection.data.augment import Preprocessed, build_preprocessor
from detection.data.augment.crop import COLUMNS as CROP_COLUMNS

GOLDEN = Path(__file__).parents[2] / "golden" / "geometry_cases.npz"
ROWS = 24
"""Rows of objects that come in: enough for all copies."""
KEEP = [0.0] * CROP_COLUMNS


def drawn(number: int, count: int) -> float:
    """Return the noise that draws a number below a count."""
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


def preprocessed(text: str, frame: tuple[int, int], noise: Sequence[float]) -> Preprocessed:
    """Apply one option to the golden's picture on a larger canvas, and show its result pixel by pixel."""
    golden = np.load(GOLDEN)
    canvas = np.random.default_rng(0).integers(0, 256, (1, 30, 40, 3), np.uint8)
    canvas[0, :24, :36] = golden["image"]
    boxes = np.zeros((1, ROWS, 4), np.float32)
    boxes[0, : len(golden["boxes"])] = golden["boxes"]
    resizer = text_format.Parse(
        f"fixed_shape_resizer {{ height: {frame[0]} width: {frame[1]} }}", pb.ImageResizer()
    )
    preprocessor = build_preprocessor(resizer, [text_format.Parse(text, pb.PreprocessingStep())])
    result = preprocessor(
        canvas,
        np.array([[24, 36]], np.int32),
        boxes,
        np.arange(ROWS, dtype=np.int32)[None],
        np.ones((1, ROWS), np.float32),
        np.array([noise], np.float32).reshape(1, -1),
        normalise=lambda images: images,
    )
    return Preprocessed(*(ops.convert_to_numpy(part)[0] for part in result))


def objects(result: Preprocessed) -> NDArray[np.float32]:
    """Return class (from 1) and box of the objects that are there, `[objects, 5]`."""
    there = result.weights > 0
    return np.column_stack([result.class_ids[there] + 1, result.boxes_yxyx[there]])


@pytest.mark.parametrize("name", NOISE)
def test_pixels_and_boxes_are_those_of_the_object_detection_api(name: str) -> None:
    golden = np.load(GOLDEN)
    expected = golden[f"{name}/image"]
    result = preprocessed(str(golden[f"{name}/config"]), expected.shape[:2], NOISE[name])
    np.testing.assert_allclose(result.images, expected, rtol=0, atol=2e-4)
    boxes = np.column_stack([golden[f"{name}/classes"], golden[f"{name}/boxes"]])
    found = objects(result)
    assert found[:, 0].tolist() == boxes[:, 0].tolist()
    np.testing.assert_allclose(found, boxes, rtol=0, atol=2e-6)


def test_every_case_of_the_golden_is_compared() -> None:
    names = {key.partition("/")[0] for key in np.load(GOLDEN) if "/" in key}
    assert names == set(NOISE)
