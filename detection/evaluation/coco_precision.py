"""Precision and recall as COCO defines them, from detections that have been matched with objects."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.metric_names import UNDEFINED
from sweepbox.detection.evaluation.matching import BoolArray, Boxes, FloatArray, IntArray, match

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALL_THRESHOLDS = np.linspace(0.0, 1.0, 101)
AREA_RANGES = np.array([[0, 1e10], [0, 32**2], [32**2, 96**2], [96**2, 1e10]], np.float64)
"""All sizes, small, medium, large, in square pixels; both ends belong to a range."""

MOST_DETECTIONS = (1, 10, 100)
"""How many detections of an image and class count, best first."""

_SMALLEST = np.spacing(1)


@dataclass(frozen=True, eq=False)
class PrecisionRecall:
    """`precision` `[IoU, recall, class, size, limit]`, `recall` `[IoU, class, size, limit]`; -1: undefined."""

    precision: FloatArray
    recall: FloatArray


def precision_recall(
    objects: Boxes, detections: Boxes, scores: FloatArray, *, num_classes: int, num_images: int
) -> PrecisionRecall:
    """Return precision and recall of detections, which come best first within each group.

    A group is `class * num_images + image`, both counted from 0; equal scores rank in the order of images, as
    in pycocotools.
    """
    shape = (len(IOU_THRESHOLDS), num_classes, len(AREA_RANGES), len(MOST_DETECTIONS))
    precision = np.full((shape[0], len(RECALL_THRESHOLDS), *shape[1:]), UNDEFINED)
    recall = np.full(shape, UNDEFINED)
    kept = _rank(detections.group) < MOST_DETECTIONS[-1]
    detections = Boxes(detections.group[kept], detections.xywh[kept], detections.crowd[kept])
    matched, ignored = match(objects, detections, thresholds=IOU_THRESHOLDS, ranges=AREA_RANGES)
    rank, scores = _rank(detections.group), scores[kept]
    counting = ~(objects.outside(AREA_RANGES) | objects.crowd)
    owners = objects.group // num_images
    begins = np.searchsorted(detections.group, np.arange(num_classes + 1) * num_images)
    for column in range(num_classes):
        own = slice(begins[column], begins[column + 1])
        order = np.argsort(-scores[own], kind="stable")
        wanted = counting[:, owners == column].sum(axis=1)
        for size in np.flatnonzero(wanted):
            hit, skipped = (values[size, :, own][:, order] for values in (matched, ignored))
            for place, limit in enumerate(MOST_DETECTIONS):
                within = rank[own][order] < limit
                curve = _curve(hit[:, within], skipped[:, within], int(wanted[size]))
                precision[:, :, column, size, place], recall[:, column, size, place] = curve
    return PrecisionRecall(precision, recall)


def _rank(group: IntArray) -> IntArray:
    """Return the place of each row among those of its group; groups stand together."""
    return np.arange(len(group)) - np.searchsorted(group, group)


def _curve(hit: BoolArray, skipped: BoolArray, wanted: int) -> tuple[FloatArray, NDArray[np.float64]]:
    """Return precision `[IoU, recall]` at the fixed recalls and the recall reached `[IoU]`.

    `hit` and `skipped` are `[IoU, detections]` by falling score. Precision at a recall is the highest at that
    recall or beyond, 0 where it is not reached.
    """
    true = np.cumsum(hit & ~skipped, axis=1, dtype=np.float64)
    false = np.cumsum(~hit & ~skipped, axis=1, dtype=np.float64)
    if not true.shape[1]:
        return np.zeros((len(hit), len(RECALL_THRESHOLDS))), np.zeros(len(hit))
    reached = true / wanted
    envelope = true / (false + true + _SMALLEST)
    envelope = np.maximum.accumulate(envelope[:, ::-1], axis=1)[:, ::-1]
    precision = np.zeros((len(hit), len(RECALL_THRESHOLDS)))
    for row, (values, recalls) in enumerate(zip(envelope, reached, strict=True)):
        index = np.searchsorted(recalls, RECALL_THRESHOLDS, side="left")
        inside = index < len(values)
        precision[row, inside] = values[index[inside]]
    return precision, reached[:, -1]
