"""Precision, recall and F1 against the score threshold, by class, with the chosen threshold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.analysis.numbers import all_rounded, rounded
from sweepbox.detection.analysis.precision_recall import ALL_CLASSES
from sweepbox.detection.post_training.operating_point import (
    Counts,
    ScoredHits,
    counts_at,
    cumulated_counts,
    joined_hits,
)

POINTS = 101
"""The thresholds of a curve."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class OperatingCurve:
    """What a class's detections are worth at each threshold, at an IoU of 0.5.

    Attributes:
        name: The name of the class; `all classes` for the objects and detections of all together.
        objects: The number of objects.
        thresholds: Rising thresholds.
        precision: The share of the detections at each threshold that are right; None without a detection.
        recall: The share of the objects that are found; None without an object.
        f1: The harmonic mean of both; None without an object.
        chosen: The chosen threshold; None for all classes, which have several.
        chosen_precision: The precision at the chosen thresholds.
        chosen_recall: The recall at the chosen thresholds.
        chosen_f1: The F1 at the chosen thresholds.
    """

    name: str
    objects: int
    thresholds: tuple[float, ...]
    precision: tuple[float | None, ...]
    recall: tuple[float | None, ...]
    f1: tuple[float | None, ...]
    chosen: float | None
    chosen_precision: float | None
    chosen_recall: float | None
    chosen_f1: float | None


def operating_curves(
    hits: Sequence[ScoredHits], names: Sequence[str], thresholds: FloatArray
) -> tuple[OperatingCurve, ...]:
    """Return the curve of all classes together, then of each class.

    Args:
        hits: The detections and objects of each class.
        names: The names of the classes.
        thresholds: The chosen threshold of each class, `[classes]`.
    """
    grid = threshold_grid(hits)
    chosen = [counts_at(found, threshold) for found, threshold in zip(hits, thresholds.tolist(), strict=True)]
    total = sum(chosen[1:], start=chosen[0])
    curves = [_curve(ALL_CLASSES, joined_hits(hits), grid, None, total)]
    for name, found, threshold, counts in zip(names, hits, thresholds.tolist(), chosen, strict=True):
        curves.append(_curve(name, found, grid, threshold, counts))
    return tuple(curves)


def threshold_grid(hits: Sequence[ScoredHits]) -> FloatArray:
    """Return `POINTS` thresholds from 0 to 1, or over the range of scores that are not in 0..1."""
    scores = np.concatenate([np.zeros(1), *(found.scores for found in hits)])
    lowest, highest = float(scores.min()), float(scores.max())
    return np.linspace(min(0.0, lowest), max(1.0, highest), POINTS)


def _curve(
    name: str, found: ScoredHits, grid: FloatArray, chosen: float | None, counts: Counts
) -> OperatingCurve:
    scores, right, number = cumulated_counts(found)
    # The last of the falling scores that is at least the threshold; -1 where none is.
    last = np.searchsorted(-scores, -grid, side="right") - 1
    points = [
        Counts(int(right[row]), int(number[row]), int(found.objects.sum()))
        if row >= 0
        else Counts(0, 0, int(found.objects.sum()))
        for row in last.tolist()
    ]
    return OperatingCurve(
        name=name,
        objects=int(found.objects.sum()),
        thresholds=all_rounded(grid),
        precision=tuple(rounded(point.precision) for point in points),
        recall=tuple(rounded(point.recall) for point in points),
        f1=tuple(rounded(point.f1) for point in points),
        chosen=rounded(chosen),
        chosen_precision=rounded(counts.precision),
        chosen_recall=rounded(counts.recall),
        chosen_f1=rounded(counts.f1),
    )
