"""Thresholds of classes whose best threshold is known."""

import json
from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.core.detections import Detections
from sweepbox.detection.core.errors import ModelError, UsageError
from sweepbox.detection.core.thresholds import OperatingThresholds, read_thresholds
from sweepbox.detection.post_training.operating_point import (
    Rule,
    ScoredHits,
    best_threshold,
    counts_at,
    joined_hits,
)
from sweepbox.detection.post_training.thresholds import check_precision, operating_thresholds, unreached

from .made_up import LABELS


def found(scores: list[float], hits: list[int], objects: int) -> ScoredHits:
    """Return detections in one image with this number of objects."""
    numbers = np.zeros(len(scores), np.int64)
    return ScoredHits(np.array(scores), np.array(hits, np.bool_), numbers, np.array([objects]))


FIVE = found([0.9, 0.8, 0.7, 0.6, 0.5], [1, 1, 0, 1, 0], 4)


@pytest.mark.parametrize(
    ("detections", "precision", "expected"),
    [
        (FIVE, None, 0.55),  # F1 at 0.9 … 0.5: 2/5, 4/6, 4/7, 6/8, 6/9
        (FIVE, 1.0, 0.75),
        (FIVE, 0.7, 0.55),  # precision 1, 1, 2/3, 3/4, 3/5
        (FIVE, 0.6, 0.55),  # at 0.5 no more are right
        (found([0.9, 0.8, 0.7], [1, 0, 1], 2), 0.6, 0.35),
        (found([0.9, 0.8, 0.7], [0, 1, 0], 2), 0.9, 0.75),  # 1/2 is the best that can be reached
        (found([0.9, 0.9, 0.3], [1, 0, 1], 2), 1.0, 0.15),  # equal scores are kept or left together
        (found([0.8], [1], 1), None, 0.4),
        (found([0.8, 0.7], [0, 0], 3), None, None),
        (found([], [], 3), None, None),
    ],
)
def test_the_threshold_of_a_rule(
    detections: ScoredHits, precision: float | None, expected: float | None
) -> None:
    threshold = best_threshold(detections, Rule(precision))
    assert threshold == (None if expected is None else pytest.approx(expected))


def test_no_other_threshold_has_a_better_f1() -> None:
    random = np.random.default_rng(4)
    for _ in range(20):
        scores = random.random(30).round(1)
        detections = found(scores.tolist(), (random.random(30) < scores).tolist(), 25)
        threshold = best_threshold(detections, Rule())
        assert threshold is not None
        best = counts_at(detections, threshold).f1
        assert best == max(counts_at(detections, value).f1 or 0 for value in np.linspace(0, 1, 101))


def test_a_class_with_few_objects_has_the_threshold_of_all() -> None:
    many = found([0.9] * 20 + [0.4] * 20, [1] * 20 + [0] * 20, 20)
    other = found([0.3] * 20 + [0.1] * 20, [1] * 20 + [0] * 20, 20)
    few = found([0.5], [1], 1)
    thresholds = operating_thresholds([many, other, few], LABELS, np.zeros(1, np.int64), Rule())
    by_name = {item.name: item for item in thresholds.classes}
    assert by_name["with_mask"].threshold == pytest.approx(0.65)
    assert by_name["without_mask"].threshold == pytest.approx(0.2)
    assert by_name["mask_weared_incorrect"].basis == "all classes"
    common = best_threshold(joined_hits([many, other, few]), Rule())
    assert by_name["mask_weared_incorrect"].threshold == thresholds.default == pytest.approx(common)
    assert (by_name["with_mask"].precision, by_name["with_mask"].recall, by_name["with_mask"].f1) == (1, 1, 1)


def test_the_f1_of_images_left_out() -> None:
    # In images of fold 0 only scores from 0.9 are right, in those of fold 1 all are.
    images = np.repeat([0, 1], 24)
    scores = np.tile(np.repeat([0.9, 0.5], 12), 2)
    hits = np.concatenate([np.repeat([True, False], 12), np.ones(24, np.bool_)])
    detections = ScoredHits(scores, hits, images, np.array([12, 24]))
    nothing = ScoredHits(np.zeros(0), np.zeros(0, np.bool_), np.zeros(0, np.int64), np.zeros(2, np.int64))
    thresholds = operating_thresholds([detections, nothing, nothing], LABELS, np.array([0, 1]), Rule())
    # Fold 0 at the threshold of fold 1 (0.25): 12 of 24 right; fold 1 at 0.7: 12 of 12 right, of 24 objects.
    assert thresholds.classes[0].f1_held_out == pytest.approx(2 * 24 / (36 + 36))
    assert thresholds.classes[0].f1 == pytest.approx(2 * 36 / (48 + 36))
    assert thresholds.classes[1].f1_held_out is None


def test_a_precision_that_is_not_reached_is_told() -> None:
    half = found([0.9, 0.8] * 10, [1, 0] * 10, 20)
    good = found([0.9] * 20, [1] * 20, 20)
    bad = found([0.9, 0.8] * 10, [0, 1] * 10, 20)
    rule = check_precision(0.95)
    lines = unreached(operating_thresholds([half, good, bad], LABELS, np.zeros(1, np.int64), rule), rule)
    assert lines == ("mask_weared_incorrect: no threshold reaches a precision of 0.95; at 0.4 it is 0.500",)
    for wanted in (0.0, 1.5, -1.0):
        with pytest.raises(UsageError, match="above 0 and at most 1"):
            check_precision(wanted)


def thresholds_of(**changes: object) -> dict[str, object]:
    entry = {"id": 1, "name": "with_mask", "threshold": 0.6, "basis": "class", "objects": 12}
    return {"rule": "best F1", "iou": 0.5, "images": 4, "default": 0.3, "classes": [entry]} | changes


def test_the_thresholds_of_detections() -> None:
    thresholds = OperatingThresholds.from_json(thresholds_of(), source="here")
    detections = Detections(
        np.zeros((4, 4), np.float32),
        np.array([0.7, 0.6, 0.59, 0.31], np.float32),
        np.array([1, 1, 1, 2], np.int64),
    )
    kept = detections.above(thresholds)
    assert kept.scores.tolist() == pytest.approx([0.7, 0.6, 0.31])
    assert kept.at_thresholds
    assert not detections.above(0.1).at_thresholds
    assert str(thresholds) == "with_mask 0.6 (best F1)"


def test_the_file(tmp_path: Path) -> None:
    thresholds = OperatingThresholds.from_json(thresholds_of(), source="here")
    thresholds.save(tmp_path)
    assert read_thresholds(tmp_path / "thresholds.json") == thresholds


@pytest.mark.parametrize(
    "text",
    [
        "torn",
        "[]",
        "{}",
        json.dumps(thresholds_of(default=1.5)),
        json.dumps(thresholds_of(default="much")),
        json.dumps(thresholds_of(classes=[{"id": 1}])),
        json.dumps(thresholds_of(more=1)),
    ],
)
def test_a_damaged_file_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "thresholds.json"
    path.write_text(text)
    with pytest.raises(ModelError, match=r"thresholds\.json: ") as caught:
        read_thresholds(path)
    assert "\n" not in str(caught.value)
