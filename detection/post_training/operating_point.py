"""The score threshold of one class at which F1 is best, or a wanted precision is reached."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ScoredHits:
    """The detections of a class in all images, and its objects.

    Attributes:
        scores: float64 `[n]`.
        hits: bool `[n]`, whether a detection is right.
        images: int64 `[n]`, the image of each detection.
        objects: int64 `[images]`, the objects of each image.
    """

    scores: FloatArray
    hits: NDArray[np.bool_]
    images: NDArray[np.int64]
    objects: NDArray[np.int64]

    def select(self, images: NDArray[np.bool_]) -> "ScoredHits":
        """Return those of some images, bool `[images]`; the numbers of the images stay."""
        rows = images[self.images]
        return ScoredHits(self.scores[rows], self.hits[rows], self.images[rows], self.objects * images)


def joined_hits(parts: Sequence[ScoredHits]) -> ScoredHits:
    """Return the detections and objects of several classes as those of one."""
    return ScoredHits(
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.hits for part in parts]),
        np.concatenate([part.images for part in parts]),
        np.sum([part.objects for part in parts], axis=0),
    )


@dataclass(frozen=True)
class Rule:
    """What a threshold is chosen for: the best F1, or with `precision` the most objects at that precision."""

    precision: float | None = None

    def __str__(self) -> str:
        """Return the rule for people."""
        return "best F1" if self.precision is None else f"precision at least {self.precision:g}"


@dataclass(frozen=True)
class Counts:
    """Right detections, all detections, and objects at a threshold."""

    right: int
    detections: int
    objects: int

    @property
    def precision(self) -> float | None:
        """The share of the detections that are right; None without a detection."""
        return self.right / self.detections if self.detections else None

    @property
    def recall(self) -> float | None:
        """The share of the objects that are found; None without an object."""
        return self.right / self.objects if self.objects else None

    @property
    def f1(self) -> float | None:
        """2 · right / (detections + objects), the harmonic mean of both; None without an object."""
        return 2 * self.right / (self.detections + self.objects) if self.objects else None

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.right + other.right, self.detections + other.detections, self.objects + other.objects
        )


NOTHING = Counts(0, 0, 0)


def counts_at(found: ScoredHits, threshold: float) -> Counts:
    """Return the counts of the detections with a score of at least `threshold`."""
    above = found.scores >= threshold
    return Counts(int(found.hits[above].sum()), int(above.sum()), int(found.objects.sum()))


def best_threshold(found: ScoredHits, rule: Rule) -> float | None:
    """Return the threshold of a rule; None where no detection is right.

    It lies in the middle between the lowest score that is kept and the highest that is not. Of thresholds with
    equal F1 the highest is chosen. Where the wanted precision is not reached, it is the threshold of the
    highest precision, and of these the one with the most right detections.
    """
    scores, right, number = cumulated_counts(found)
    if not len(scores) or not right[-1]:
        return None
    if rule.precision is None:
        values = 2 * right / (number + max(1, int(found.objects.sum())))
        place = int(np.argmax(values))
    else:
        precision = right / number
        reaches = precision >= min(rule.precision, precision.max())
        place = int(np.argmax(np.where(reaches, right, -1)))
    below = scores[place + 1] if place + 1 < len(scores) else 0.0
    return float((scores[place] + below) / 2)


def cumulated_counts(found: ScoredHits) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the distinct scores `[n]`, falling, and how many right and how many detections reach each."""
    order = np.argsort(-found.scores, kind="stable")
    scores, hits = found.scores[order], found.hits[order]
    last = np.flatnonzero(np.append(np.diff(scores) != 0, True)) if len(scores) else np.zeros(0, np.int64)
    return scores[last], np.cumsum(hits, dtype=np.float64)[last], (last + 1).astype(np.float64)
