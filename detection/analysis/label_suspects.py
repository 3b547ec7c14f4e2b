"""Annotations that a detector contradicts with confidence, ranked: for people to check, and perhaps to correct.

A detection is confident where a quarter of its class's hits have no higher score, and it reaches the operating
threshold of its class. So what counts is what is usual for the class, as in confident learning (Northcutt et
al. 2021, arXiv:1911.00068). The kinds are those of `Suspicion`; an object has at most one. Severities are in
0..1, so that all kinds are ranked together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.analysis.assignment import ASSIGNMENT_IOU, Assignment
from sweepbox.detection.analysis.detected_images import BoolArray, DetectedImages, FloatArray, IntArray, Marks
from sweepbox.detection.analysis.image_errors import Box
from sweepbox.detection.analysis.numbers import all_rounded
from sweepbox.detection.core.boxes import pairwise_iou
from sweepbox.detection.evaluation.image_matches import AREA_RANGES

CONFIDENT_QUANTILE = 0.25
"""The quantile of the scores of a class's hits from which a detection of the class is confident."""

TOUCHING_IOU = 0.3
"""The IoU below which a detection has nothing to do with an object."""

GOOD_BOX_IOU = 0.6
"""A box is no suspect from this IoU on."""

WORSE_THAN_USUAL = 0.15
"""How far below the median IoU of the hits the IoU of a suspected box lies at least."""

LEAST_RECALL = 0.5
"""An object is suspected because nothing finds it only where this share of its like is found."""

FAINT = 0.5
"""Nothing finds an object where no detection there has this share of the operating threshold of its class."""

FEWEST_ALIKE = 10
"""With fewer objects of a class and size, the objects of the class are its like."""

MOST_SUSPECTS = 100
_ROUNDING = 1e-6


class Suspicion(StrEnum):
    """The kinds of suspects; the severity of each is in brackets."""

    MISSING = "object not annotated"
    """A confident detection that touches no object [its score]."""
    CLASS = "wrong class"
    """Confidently detected as another class, and not as its own [how much higher the other score is]."""
    BOX = "wrong box"
    """A confident detection of its class overlaps it, but little [its score, by how little]."""
    NOT_FOUND = "object not found"
    """Nothing finds the object, although most like it are found [their share, less the best score there]."""


@dataclass(frozen=True)
class LabelSuspect:
    """An annotation, or the lack of one, that a detector contradicts.

    Attributes:
        kind: One of `Suspicion`.
        severity: 0 to 1.
        image: The position of the image among those that were evaluated, from 0.
        name: The name of the image.
        object: The position of the object in its record, from 0; None where no object is annotated.
        true_class: The annotated class; None without an object.
        true_box: The annotated box; None without an object.
        found_class: The class of the detection; None where nothing is found.
        found_box: The box of the detection; None where nothing is found.
        score: The score of the detection; None where nothing is found.
        iou: The IoU of both boxes; None where there is one.
        reason: Why it is suspected, in words.
        annotation_object: The position of the object in its annotation file, from 0, where this is known.
    """

    kind: str
    severity: float
    image: int
    name: str
    object: int | None
    true_class: str | None
    true_box: Box | None
    found_class: str | None
    found_box: Box | None
    score: float | None
    iou: float | None
    reason: str
    annotation_object: int | None = None


def label_suspects(
    images: DetectedImages, assignment: Assignment, thresholds: FloatArray, count: int = MOST_SUSPECTS
) -> tuple[LabelSuspect, ...]:
    """Return at most `count` suspects, the most severe first.

    Args:
        images: The annotated images with all detections.
        assignment: The detections at the thresholds, assigned to the objects.
        thresholds: The operating threshold of each class, `[classes]`.
        count: The largest number of suspects.
    """
    usual = _Usual(images, assignment, thresholds)
    suspects = [item for image in range(len(images)) for item in _Image(images, usual, image).suspects()]
    return tuple(sorted(suspects, key=lambda item: (-item.severity, item.image, item.object or 0))[:count])


@dataclass(frozen=True, eq=False)
class _Usual:
    """What is usual for a detector: its scores, its overlaps and the share of objects that it finds."""

    images: DetectedImages
    assignment: Assignment
    thresholds: FloatArray

    @cached_property
    def confident(self) -> FloatArray:
        """The lowest score of a confident detection of each class; infinite for a class without a hit."""
        found, is_hit = self.assignment.found, self.assignment.hit >= 0
        lowest = np.full(len(self.thresholds), np.inf)
        for column in np.unique(found.column[is_hit]).tolist():
            lowest[column] = np.quantile(found.scores[is_hit & (found.column == column)], CONFIDENT_QUANTILE)
        confident: FloatArray = np.maximum(lowest - _ROUNDING, self.thresholds)
        return confident

    @cached_property
    def iou(self) -> float:
        """The median IoU of the hits; 0 without a hit."""
        found, ious = self.assignment.found, []
        for image in np.unique(found.image[self.assignment.hit >= 0]).tolist():
            overlaps = self.images.overlaps(image)
            first = self.images.found.of_image(image).start
            annotated = self.assignment.objects.of_image(image).start
            here = found.of_image(image)
            hits = self.assignment.hit[here]
            rows = self.assignment.rows[here][hits >= 0] - first
            ious += overlaps[rows, hits[hits >= 0] - annotated].tolist()
        return float(np.median(ious)) if ious else 0.0

    @cached_property
    def recall(self) -> FloatArray:
        """The share of each object's like that is hit, `[objects]`: those of its class and size."""
        objects = self.assignment.objects
        is_hit = np.zeros(len(objects), np.bool_)
        is_hit[self.assignment.hit[self.assignment.hit >= 0]] = True
        edges = AREA_RANGES[1:-1, 1]
        size = np.searchsorted(edges, objects.xywh[:, 2] * objects.xywh[:, 3])
        alike = objects.column * (len(edges) + 1) + size
        of_size, with_size = _shares(alike, is_hit, ~objects.crowd)
        of_class, _ = _shares(objects.column, is_hit, ~objects.crowd)
        return np.where(with_size >= FEWEST_ALIKE, of_size, of_class)


def _shares(group: IntArray, is_hit: BoolArray, counted: BoolArray) -> tuple[FloatArray, IntArray]:
    """Return for each object the share of its group that is hit, and the number of objects of its group."""
    length = int(group.max(initial=0)) + 1
    numbers = np.bincount(group[counted], minlength=length)
    hits = np.bincount(group[counted & is_hit], minlength=length)
    return (hits / np.maximum(numbers, 1))[group], numbers[group]


class _Image:
    """One image, whose annotations are compared with its detections."""

    def __init__(self, images: DetectedImages, usual: _Usual, image: int) -> None:
        self._names: tuple[str, ...] = images.label_map.names
        self._name, self._image, self._usual = images.names[image], image, usual
        here = images.objects.of_image(image)
        self._objects = images.objects.select(here)
        self._found = images.found.select(images.found.of_image(image))
        self._recall = usual.recall[here]
        self._overlap = images.overlaps(image)
        self._best_overlap = self._overlap.max(axis=1, initial=0.0)
        self._same = self._found.column[:, None] == self._objects.column[None, :]
        self._confident = self._found.scores >= usual.confident[self._found.column]
        self._shown = self._found.scores >= usual.thresholds[self._found.column]

    def suspects(self) -> Iterator[LabelSuspect]:
        """Yield the suspects of the image."""
        agrees = self._same & (self._overlap >= GOOD_BOX_IOU) & self._shown[:, None]
        for row in np.flatnonzero(~self._objects.crowd & ~agrees.any(axis=0)).tolist():
            suspect = self._wrong_class(row) or self._wrong_box(row) or self._not_found(row)
            if suspect is not None:
                yield suspect
        yield from self._missing()

    def _wrong_class(self, row: int) -> LabelSuspect | None:
        overlap, same = self._overlap[:, row], self._same[:, row]
        near = overlap >= ASSIGNMENT_IOU
        best_here = overlap >= self._best_overlap
        is_right_elsewhere = (self._same & (self._overlap >= ASSIGNMENT_IOU)).any(axis=1)
        others = near & ~same & self._confident & best_here & ~is_right_elsewhere
        if not others.any() or (near & same & self._shown).any():
            return None
        detection = _best(self._found, others)
        own = float(self._found.scores[near & same].max(initial=0.0))
        score = float(self._found.scores[detection])
        found, true = self._class(self._found, detection), self._class(self._objects, row)
        seen = f"its own class has {own:.2f}" if own > 0 else "its own class is not detected there"
        return self._suspect(
            Suspicion.CLASS,
            score - own,
            row=row,
            detection=detection,
            reason=f"detected as {found} with score {score:.2f}; annotated as {true}, {seen}",
        )

    def _wrong_box(self, row: int) -> LabelSuspect | None:
        overlap = self._overlap[:, row]
        best_here = overlap >= self._best_overlap
        candidates = self._same[:, row] & self._confident & best_here & (overlap >= TOUCHING_IOU)
        if not candidates.any():
            return None
        detection = int(np.argmax(np.where(candidates, overlap, -1.0)))
        iou, usual = float(overlap[detection]), self._usual.iou
        if iou >= GOOD_BOX_IOU or iou > usual - WORSE_THAN_USUAL:
            return None
        score = float(self._found.scores[detection])
        return self._suspect(
            Suspicion.BOX,
            score * (1 - iou / usual),
            row=row,
            detection=detection,
            reason=f"overlaps the detection of its class (score {score:.2f}) by IoU {iou:.2f}; "
            f"the median of all hits is {usual:.2f}",
        )

    def _not_found(self, row: int) -> LabelSuspect | None:
        near = self._overlap[:, row] >= TOUCHING_IOU
        recall = float(self._recall[row])
        scores, faint = self._found.scores[near], FAINT * self._usual.thresholds[self._found.column[near]]
        if self._objects.uncertain[row] or recall < LEAST_RECALL or (scores >= faint).any():
            return None
        best = float(scores.max(initial=0.0).clip(0, 1))
        seen = f"the best score there is {best:.2f}" if best > 0 else "no detection is there"
        true = self._class(self._objects, row)
        return self._suspect(
            Suspicion.NOT_FOUND,
            recall * (1 - best),
            row=row,
            detection=None,
            reason=f"{recall:.0%} of the objects of class {true} and such a size are found, but {seen}",
        )

    def _missing(self) -> Iterator[LabelSuspect]:
        """Yield confident detections that touch no object, of those that overlap the best one."""
        free = self._confident & (self._best_overlap < TOUCHING_IOU)
        kept: list[int] = []
        boxes = self._found.boxes_yxyx
        for detection in sorted(np.flatnonzero(free).tolist(), key=lambda row: -self._found.scores[row]):
            if self._is_in_uncertain(detection) or _overlaps_any(boxes, detection, kept):
                continue
            kept.append(detection)
            score, found = float(self._found.scores[detection]), self._class(self._found, detection)
            yield self._suspect(
                Suspicion.MISSING,
                score,
                row=None,
                detection=detection,
                reason=f"detected as {found} with score {score:.2f}; no object is annotated there",
            )

    def _is_in_uncertain(self, detection: int) -> bool:
        """Return whether the middle of a detection lies in a difficult object or in a group of objects."""
        top, left, bottom, right = self._objects.boxes_yxyx[self._objects.uncertain].T
        y, x = self._found.boxes_yxyx[detection].reshape(2, 2).mean(axis=0)
        return bool(((top <= y) & (y <= bottom) & (left <= x) & (x <= right)).any())

    def _class(self, marks: Marks, row: int) -> str:
        return self._names[int(marks.column[row])]

    def _suspect(
        self, kind: Suspicion, severity: float, *, row: int | None, detection: int | None, reason: str
    ) -> LabelSuspect:
        objects, found = self._objects, self._found
        return LabelSuspect(
            kind=kind.value,
            severity=round(min(max(severity, 0.0), 1.0), 5),
            image=self._image,
            name=self._name,
            object=None if row is None else int(objects.row[row]),
            true_class=None if row is None else self._class(objects, row),
            true_box=None if row is None else all_rounded(objects.boxes_yxyx[row]),
            found_class=None if detection is None else self._class(found, detection),
            found_box=None if detection is None else all_rounded(found.boxes_yxyx[detection]),
            score=None if detection is None else round(float(found.scores[detection]), 5),
            iou=None if row is None or detection is None else round(float(self._overlap[detection, row]), 5),
            reason=reason,
        )


def _best(found: Marks, chosen: BoolArray) -> int:
    """Return the chosen detection with the best score."""
    return int(np.argmax(np.where(chosen, found.scores, -np.inf)))


def _overlaps_any(boxes_yxyx: NDArray[np.float32], row: int, others: list[int]) -> bool:
    overlaps = pairwise_iou(boxes_yxyx[[row]], boxes_yxyx[others])
    return bool((overlaps >= ASSIGNMENT_IOU).any())
