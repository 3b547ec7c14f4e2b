"""Objects of records that cannot be trained on: counts by reason and class, and the objects that are left."""

import json
from collections import Counter
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from sweepbox.detection.core.json_text import parse_json
from sweepbox.detection.core.labels import LabelMap

if TYPE_CHECKING:
    from sweepbox.detection.data.examples import Record


class DropReason(Enum):
    """Why an object is dropped; the values are the words of messages."""

    UNKNOWN_NAME = "have a class name that the label map lacks"
    UNKNOWN_NUMBER = "have a class number that the label map lacks"
    NAN = "have a NaN coordinate"
    INFINITE = "have an infinite coordinate"
    EMPTY = "have a box without area"
    OUTSIDE = "have a box outside the image"


OF_BOXES = (DropReason.NAN, DropReason.INFINITE, DropReason.EMPTY, DropReason.OUTSIDE)

Dropped = Counter[tuple[DropReason, str]]
"""The number of dropped objects by reason and class: its name, or its number as text."""


def without_unusable_boxes(record: "Record", label_map: LabelMap) -> "Record":
    """Return the record without objects whose box is infinite, has no area or lies outside the image.

    The Object Detection API keeps them: as targets they are matched to arbitrary anchors, and in an evaluation
    they count as missed. `dropped` of the record returned counts them.
    """
    boxes, class_ids = record.ground_truth.boxes_yxyx, record.ground_truth.class_ids
    start, end = boxes[:, :2], boxes[:, 2:]
    checks = {
        DropReason.INFINITE: np.isinf(boxes).any(axis=1),
        DropReason.EMPTY: (end <= start).any(axis=1),
        DropReason.OUTSIDE: (start >= 1).any(axis=1) | (end <= 0).any(axis=1),
    }
    unusable = np.logical_or.reduce(list(checks.values()))
    if not unusable.any():
        return record
    dropped, counted = Counter(record.dropped), np.zeros(len(boxes), np.bool_)
    for reason, fails in checks.items():
        dropped.update((reason, label_map.name_of(int(class_id))) for class_id in class_ids[fails & ~counted])
        counted |= fails
    return replace(record, ground_truth=record.ground_truth.select(~unusable), dropped=dropped)


def dropped_to_text(dropped: Dropped) -> str:
    """Return counts as the text that a cache file has for each record; empty if nothing is dropped."""
    if not dropped:
        return ""
    return json.dumps(
        [
            (reason.name, name, count)
            for (reason, name), count in sorted(dropped.items(), key=lambda item: (item[0][0].name, item[0][1]))
        ]
    )


def dropped_from_text(text: str) -> Dropped:
    """Return the counts that `dropped_to_text` wrote."""
    entries = parse_json(text) if text else []
    return Counter({(DropReason[reason], name): count for reason, name, count in entries})
