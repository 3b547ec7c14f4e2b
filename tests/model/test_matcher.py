from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.model.matcher import IGNORED, NEGATIVE, ArgmaxMatcher, pairwise_iou

FOLDER = Path(__file__).parents[1] / "golden"
IOU = np.load(FOLDER / "iou.npz")
GOLDEN = np.load(FOLDER / "matcher.npz")


def _matcher(text: str) -> ArgmaxMatcher:
    message = text_format.Parse(text, pb.Matcher()).argmax_matcher
    return ArgmaxMatcher.of(message, message.matched_threshold, message.unmatched_threshold)


@pytest.mark.parametrize("config", range(5))
@pytest.mark.parametrize("case", range(7))
def test_matches_equal_the_golden(case: int, config: int) -> None:
    matcher = _matcher(str(GOLDEN["configs"][config]))
    match = matcher(GOLDEN[f"sim_{case}"][None], GOLDEN[f"valid_{case}"][None])
    np.testing.assert_array_equal(match[0], GOLDEN[f"match_{case}_config_{config}"])


def test_images_of_a_batch_are_independent() -> None:
    matcher = _matcher(str(GOLDEN["configs"][0]))
    similarity = np.stack([GOLDEN["sim_0"], GOLDEN["sim_2"], GOLDEN["sim_3"]])
    match = matcher(similarity, np.ones((3, 5), bool))
    expected = np.stack([GOLDEN[f"match_{case}_config_0"] for case in (0, 2, 3)])
    np.testing.assert_array_equal(match, expected)


@pytest.mark.parametrize(
    ("overlap", "swapped", "expected"),
    [
        (0.7, False, 0),
        (0.5, False, IGNORED),
        (0.2, False, NEGATIVE),
        (0.5, True, NEGATIVE),
        (0.2, True, IGNORED),
    ],
)
def test_thresholds(overlap: float, swapped: bool, expected: int) -> None:
    matcher = ArgmaxMatcher(
        0.7,
        0.3,
        ignore_thresholds=False,
        negatives_lower_than_unmatched=not swapped,
        force_match=False,
    )
    match = matcher(np.array([[[overlap]]], np.float32), np.array([[True]]))
    assert int(match[0, 0]) == expected


def test_iou_equals_the_golden() -> None:
    np.testing.assert_allclose(pairwise_iou(IOU["a"], IOU["b"]), IOU["iou"], rtol=1e-5, atol=1e-7)


def test_empty_and_touching_boxes_do_not_overlap() -> None:
    boxes = np.array([[0, 0, 0, 0], [0, 0, 1, 1], [0, 1, 1, 2]], np.float32)
    np.testing.assert_array_equal(pairwise_iou(boxes, boxes), np.diag([0, 1, 1]))
