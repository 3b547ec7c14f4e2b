"""Calibration: scores that are right as often as they say, scores that are not, and a case by hand."""

import numpy as np
import pytest

from sweepbox.detection.analysis.calibration import BINS, calibration, calibrations
from sweepbox.detection.post_training.operating_point import ScoredHits


def detections(scores: np.ndarray, hits: np.ndarray) -> ScoredHits:
    count = len(scores)
    return ScoredHits(
        scores.astype(np.float64), hits.astype(np.bool_), np.zeros(count, np.int64), np.array([count])
    )


def test_by_hand() -> None:
    found = calibration(
        "cat", detections(np.array([0.95, 1.0, 0.9, 0.32, 0.38, 0.05, 0.0]), np.array([1, 1, 0, 1, 0, 0, 0]))
    )
    assert len(found.bins) == BINS
    high, middle, low = found.bins[9], found.bins[3], found.bins[0]
    assert (high.low, high.high, high.detections, high.right) == (0.9, 1.0, 3, 2)
    assert (high.score, high.precision) == pytest.approx((0.95, 2 / 3), abs=1e-5)
    assert (middle.detections, middle.precision, middle.score) == (2, 0.5, 0.35)
    assert (low.detections, low.precision, low.score) == (2, 0.0, 0.025)
    gaps = 3 * abs(0.95 - 2 / 3) + 2 * 0.15
    assert found.error == pytest.approx((gaps + 2 * 0.025) / 7, abs=1e-5)
    assert found.error_above == pytest.approx(gaps / 5, abs=1e-5)
    assert found.bins[5].detections == 0
    assert (found.bins[5].score, found.bins[5].precision) == (None, None)


def test_scores_that_are_probabilities_have_no_error() -> None:
    random = np.random.default_rng(0)
    scores = random.uniform(0, 1, 100_000)
    found = calibration("cat", detections(scores, random.random(len(scores)) < scores))
    assert found.error is not None
    assert found.error < 0.005
    assert sum(item.detections for item in found.bins) == len(scores)


def test_too_confident_scores_have_the_error_by_which_they_are_too_high() -> None:
    random = np.random.default_rng(1)
    scores = random.uniform(0.4, 1, 100_000)
    found = calibration("cat", detections(scores, random.random(len(scores)) < scores - 0.3))
    assert found.error == pytest.approx(0.3, abs=0.01)
    assert found.error_above == found.error


def test_classes_and_all_together() -> None:
    cats, dogs = (
        detections(np.array([0.95]), np.array([1])),
        detections(np.array([0.55, 0.05]), np.array([0, 0])),
    )
    whole, *parts = calibrations([cats, dogs], ["cat", "dog"])
    assert [item.name for item in (whole, *parts)] == ["all classes", "cat", "dog"]
    assert [item.detections for item in whole.bins] == [1, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    assert whole.error == pytest.approx((0.05 + 0.55 + 0.05) / 3, abs=1e-5)


def test_scores_that_are_no_probabilities_have_no_calibration() -> None:
    assert calibrations([detections(np.array([3.0]), np.array([1]))], ["cat"]) == ()
    [whole, cats] = calibrations([detections(np.zeros(0), np.zeros(0))], ["cat"])
    assert (whole.error, cats.error_above) == (None, None)
