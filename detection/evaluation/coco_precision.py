"""COCO precision and recall of detections that are matched with objects."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.metric_names import UNDEFINED
from sweepbox.detection.evaluation.matching import BoolArray, Boxes, FloatArray, IntArray, match

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALL_THRESHOLDS = np.linspace(0.0, 1.0, 101)
AREA_RANGES = np.array([[0, 1e10], [0, 32**2], [32**2, 96**2], [96**2, 1e10]], np.float64)
"""The area ranges all, small, medium and large in square pixels; both ends are inclusive."""

MAX_DETECTIONS = (1, 10, 100)
"""The limits on the detections per image and class; those with the best scores are used."""

_SMALLEST = np.spacing(1)


@dataclass(frozen=True, eq=False)
class PrecisionRecall:
    """Precision and recall; undefined values are -1.

    Attributes:
        precision: `[IoU, recall, class, area range, limit]`.
        recall: `[IoU, class, area range, limit]`.
    """

    precision: FloatArray
    recall: FloatArray


def precision_recall(
    objects: Boxes, detections: Boxes, scores: FloatArray, *, num_classes: int, num_images: int
) -> PrecisionRecall:
    """Return precision and recall of detections.

    Detections with equal scores are ranked in the order of their images, as in pycocotools.

    Args:
        objects: The annotated objects. A group is `class * num_images + image`, both counted from 0.
        detections: The detections, ordered by group and then by decreasing score.
        scores: The scores of the detections.
        num_classes: The number of classes.
        num_images: The number of images.
    """
    shape = (len(IOU_THRESHOLDS), num_classes, len(AREA_RANGES), len(MAX_DETECTIONS))
    precision = np.full((shape[0], len(RECALL_THRESHOLDS), *shape[1:]), UNDEFINED)
    recall = np.full(shape, UNDEFINED)
    kept = _rank(detections.group) < MAX_DETECTIONS[-1]
    detections = Boxes(detections.group[kept], detections.xywh[kept], detections.crowd[kept])
    matched, ignored = match(objects, detections, thresholds=IOU_THRESHOLDS, ranges=AREA_RANGES)
    rank, scores = _rank(detections.group), scores[kept]
    is_counted = ~(objects.outside(AREA_RANGES) | objects.crowd)
    object_classes = objects.group // num_images
    begins = np.searchsorted(detections.group, np.arange(num_classes + 1) * num_images)
    for column in range(num_classes):
        rows = slice(begins[column], begins[column + 1])
        order = np.argsort(-scores[rows], kind="stable")
        num_objects = is_counted[:, object_classes == column].sum(axis=1)
        for size in np.flatnonzero(num_objects):
            hit, skipped = (values[size, :, rows][:, order] for values in (matched, ignored))
            for index, limit in enumerate(MAX_DETECTIONS):
                within = rank[rows][order] < limit
                curve = _curve(hit[:, within], skipped[:, within], int(num_objects[size]))
                precision[:, :, column, size, index], recall[:, column, size, index] = curve
    return PrecisionRecall(precision, recall)


def _rank(group: IntArray) -> IntArray:
    """Return the position of each row in its group; rows are ordered by group."""
    return np.arange(len(group)) - np.searchsorted(group, group)


def _curve(hit: BoolArray, skipped: BoolArray, num_objects: int) -> tuple[FloatArray, NDArray[np.float64]]:
    """Return precision `[IoU, recall]` at the fixed recalls, and the final recall `[IoU]`.

    `hit` and `skipped` are `[IoU, detections]`, ordered by decreasing score. The precision at a recall is the
    highest precision at this or a higher recall, or 0 if the recall is not reached.
    """
    true = np.cumsum(hit & ~skipped, axis=1, dtype=np.float64)
    false = np.cumsum(~hit & ~skipped, axis=1, dtype=np.float64)
    if not true.shape[1]:
        return np.zeros((len(hit), len(RECALL_THRESHOLDS))), np.zeros(len(hit))
    reached = true / num_objects
    envelope = true / (false + true + _SMALLEST)
    envelope = np.maximum.accumulate(envelope[:, ::-1], axis=1)[:, ::-1]
    precision = np.zeros((len(hit), len(RECALL_THRESHOLDS)))
    for row, (values, recalls) in enumerate(zip(envelope, reached, strict=True)):
        index = np.searchsorted(recalls, RECALL_THRESHOLDS, side="left")
        inside = index < len(values)
        precision[row, inside] = values[index[inside]]
    return precision, reached[:, -1]
