"""Whether scores are probabilities: the share of right detections in each interval of scores.

The expected calibration error is that of Guo et al. 2017 (arXiv:1706.04599) for detections, as in Küppers et
al. 2020 (arXiv:2004.13546): the mean difference between score and precision, each interval weighted by its
number of detections.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sweepbox.detection.analysis.numbers import rounded
from sweepbox.detection.analysis.precision_recall import ALL_CLASSES
from sweepbox.detection.post_training.operating_point import ScoredHits, joined_hits

BINS = 10
"""The intervals of scores, each of the same width."""


@dataclass(frozen=True)
class ScoreBin:
    """The detections with scores in one interval; it holds its lower end, and the last one also its upper.

    Attributes:
        low: The lower end.
        high: The upper end.
        detections: The number of detections.
        right: The number of those that are right at an IoU of 0.5.
        score: Their mean score; None without a detection.
        precision: The share that is right; None without a detection.
    """

    low: float
    high: float
    detections: int
    right: int
    score: float | None
    precision: float | None


@dataclass(frozen=True)
class Calibration:
    """The calibration of the scores of a class, or of all classes together.

    Attributes:
        name: The name of the class, or `all classes`.
        bins: The intervals of scores.
        error: The expected calibration error of all detections; None without a detection.
        error_above: The same without the lowest interval, which has most detections and hides the others.
    """

    name: str
    bins: tuple[ScoreBin, ...]
    error: float | None
    error_above: float | None


def calibrations(hits: Sequence[ScoredHits], names: Sequence[str]) -> tuple[Calibration, ...]:
    """Return the calibration of all classes together, then of each; none where a score is not in 0..1."""
    if any(found.scores.size and not 0 <= found.scores.min() <= found.scores.max() <= 1 for found in hits):
        return ()
    groups = [(ALL_CLASSES, joined_hits(hits)), *zip(names, hits, strict=True)]
    return tuple(calibration(name, found) for name, found in groups)


def calibration(name: str, found: ScoredHits) -> Calibration:
    """Return the calibration of detections whose scores are in 0..1."""
    edges = np.linspace(0.0, 1.0, BINS + 1)
    which = np.minimum(np.searchsorted(edges, found.scores, side="right") - 1, BINS - 1)
    detections = np.bincount(which, minlength=BINS)
    right = np.bincount(which, found.hits, minlength=BINS)
    sums = np.bincount(which, found.scores, minlength=BINS)
    gaps = np.abs(sums - right)
    bins = tuple(
        ScoreBin(
            low=round(float(edges[number]), 10),
            high=round(float(edges[number + 1]), 10),
            detections=int(count),
            right=int(right[number]),
            score=rounded(sums[number] / count) if count else None,
            precision=rounded(right[number] / count) if count else None,
        )
        for number, count in enumerate(detections.tolist())
    )
    return Calibration(
        name,
        bins,
        error=_mean(float(gaps.sum()), int(detections.sum())),
        error_above=_mean(float(gaps[1:].sum()), int(detections[1:].sum())),
    )


def _mean(total: float, count: int) -> float | None:
    return rounded(total / count) if count else None
