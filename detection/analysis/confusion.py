"""The confusion matrix of a detector, with the background as a class."""

from dataclasses import dataclass

import numpy as np

from sweepbox.detection.analysis.assignment import ASSIGNMENT_IOU, Assignment

BACKGROUND = "background"


@dataclass(frozen=True)
class Confusion:
    """How often objects of each class are detected as each class; see `assignment` for the rules.

    Attributes:
        names: The classes; `background` stands after them.
        iou: The IoU from which a detection belongs to an object.
        thresholds: The lowest score of a detection of each class.
        counts: The entries that are not 0: annotated class, detected class and count. Classes are counted
            from 0; the number after the last class is the background, so its row has the false alarms and its
            column the misses.
        ignored: The detections that are left out because they lie in a crowd.
    """

    names: tuple[str, ...]
    iou: float
    thresholds: tuple[float, ...]
    counts: tuple[tuple[int, int, int], ...]
    ignored: int


def confusion(
    assignment: Assignment, names: tuple[str, ...], thresholds: tuple[float, ...], iou: float = ASSIGNMENT_IOU
) -> Confusion:
    """Return the confusion matrix of assigned detections."""
    classes = len(names)
    table = np.zeros((classes + 1, classes + 1), np.int64)
    found, objects = assignment.found, assignment.objects
    for rows in (assignment.hit, assignment.confused):
        matched = rows >= 0
        np.add.at(table, (objects.column[rows[matched]], found.column[matched]), 1)
    table[classes, :classes] = np.bincount(found.column[assignment.false_alarm], minlength=classes)
    table[:classes, classes] = np.bincount(objects.column[assignment.missed], minlength=classes)
    entries = np.argwhere(table).tolist()
    counts = tuple((row, column, int(table[row, column])) for row, column in entries)
    return Confusion(names, iou, thresholds, counts, int(assignment.ignored.sum()))
