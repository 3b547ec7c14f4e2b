"""What each detection is, and what became of each object, at score thresholds and one IoU threshold.

Only detections with at least the threshold of their class count. They are assigned in two steps, best score
first:

1. Within a class, each detection is matched with the object that it overlaps most, by COCO's rules. It is a
   hit; or it is ignored, where all that it matches is a crowd.
2. The detections and objects that are left are matched across classes by the same rules: a confusion.

Of what is left then, an object is a miss and a detection a false alarm. So a detection is never a confusion
where it could be a hit, and the hits are those that precision and recall count.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from sweepbox.detection.analysis.detected_images import BoolArray, DetectedImages, FloatArray, IntArray, Marks
from sweepbox.detection.evaluation.matching import Boxes, matched_objects

ASSIGNMENT_IOU = 0.5
"""The IoU from which a detection belongs to an object."""

POSITION_IOU = 0.1
"""The IoU from which a false alarm is an object of its class with a wrong box; Bolya et al. 2020 (TIDE)."""


class FalseAlarm(StrEnum):
    """The kinds of false alarms."""

    DUPLICATE = "duplicate"
    """Another detection of the class has the object already."""
    SECOND_CLASS = "second class"
    """Another detection has the object already, with another class."""
    POSITION = "position"
    """The box overlaps an object of the class too little."""
    BACKGROUND = "background"
    """None of these."""


@dataclass(frozen=True, eq=False)
class Assignment:
    """The detections at the thresholds, assigned to the objects of their images.

    Attributes:
        objects: The annotated objects.
        found: The detections with at least the threshold of their class.
        hit: int64 `[found]`, the object that a detection hits, as a position in `objects`; -1 for none.
        confused: int64 `[found]`, the object of another class that it is taken for; -1 for none.
        ignored: bool `[found]`, whether all that it matches is a crowd.
        rows: int64 `[found]`, the position of each detection in `DetectedImages.found`.
    """

    objects: Marks
    found: Marks
    hit: IntArray
    confused: IntArray
    ignored: BoolArray
    rows: IntArray

    @cached_property
    def false_alarm(self) -> BoolArray:
        """Whether a detection belongs to no object, bool `[found]`."""
        return (self.hit < 0) & (self.confused < 0) & ~self.ignored

    @cached_property
    def missed(self) -> BoolArray:
        """Whether an object is neither hit nor taken for one of another class, bool `[objects]`."""
        missed = ~self.objects.crowd
        missed[self.hit[self.hit >= 0]] = False
        missed[self.confused[self.confused >= 0]] = False
        return missed


def assign(images: DetectedImages, thresholds: FloatArray, iou: float = ASSIGNMENT_IOU) -> Assignment:
    """Assign the detections with at least the threshold of their class `[classes]` to the objects."""
    objects = images.objects
    rows = np.flatnonzero(images.found.scores >= thresholds[images.found.column])
    found = images.found.select(images.found.scores >= thresholds[images.found.column])
    all_objects, all_found = np.ones(len(objects), np.bool_), np.ones(len(found), np.bool_)
    own = _matched(objects, found, (all_objects, all_found), iou=iou, num_images=len(images), by_class=True)
    ignored = (own >= 0) & objects.crowd[own] if len(objects) else np.zeros(len(found), np.bool_)
    hit = np.where(ignored, -1, own)
    left = ~objects.crowd
    left[hit[hit >= 0]] = False
    others = _matched(objects, found, (left, own < 0), iou=iou, num_images=len(images), by_class=False)
    return Assignment(objects, found, hit, others, ignored, rows)


def _matched(
    objects: Marks,
    found: Marks,
    chosen: tuple[BoolArray, BoolArray],
    *,
    iou: float,
    num_images: int,
    by_class: bool,
) -> IntArray:
    """Return the object that each detection is matched with, int64 `[found]`; -1 for none.

    `chosen` marks the objects and the detections that take part; `by_class` keeps them to their class.
    """

    def group(marks: Marks) -> IntArray:
        return marks.column * num_images + marks.image if by_class else marks.image

    first, second = (np.flatnonzero(part) for part in chosen)
    first = first[np.argsort(group(objects)[first], kind="stable")]
    second = second[np.lexsort((second, -found.scores[second], group(found)[second]))]
    matched = matched_objects(
        Boxes(group(objects)[first], objects.xywh[first], objects.crowd[first]),
        Boxes(group(found)[second], found.xywh[second], found.crowd[second]),
        threshold=iou,
    )
    result = np.full(len(found), -1, np.int64)
    if len(first):
        result[second] = np.where(matched >= 0, first[matched], -1)
    return result


def false_alarm_kind(
    overlap: FloatArray, objects: Marks, column: int, iou: float = ASSIGNMENT_IOU
) -> FalseAlarm:
    """Return the kind of a false alarm.

    Args:
        overlap: Its IoU with each object of its image, `[objects]`.
        objects: The objects of its image.
        column: The position of its class.
        iou: The IoU from which a detection belongs to an object.
    """
    own = objects.column == column
    if (overlap[own] >= iou).any():
        return FalseAlarm.DUPLICATE
    if (overlap[~own & ~objects.crowd] >= iou).any():
        return FalseAlarm.SECOND_CLASS
    if (overlap[own] >= POSITION_IOU).any():
        return FalseAlarm.POSITION
    return FalseAlarm.BACKGROUND
