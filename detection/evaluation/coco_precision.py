"""COCO precision and recall of detections that are matched with objects."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.metric_names import UNDEFINED
from sweepbox.detection.evaluation.image_matches import (
    AREA_RANGES,
    IOU_THRESHOLDS,
    MAX_DETECTIONS,
    RECALL_THRESHOLDS,
    ImageMatches,
)
from sweepbox.detection.evaluation.matching import BoolArray, FloatArray

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


def precision_recall(matches: ImageMatches) -> PrecisionRecall:
    """Return precision and recall of all images.

    Detections with equal scores are ranked in the order of their images, as in pycocotools.
    """
    shape = (len(IOU_THRESHOLDS), len(matches.class_names), len(AREA_RANGES), len(MAX_DETECTIONS))
    precision = np.full((shape[0], len(RECALL_THRESHOLDS), *shape[1:]), UNDEFINED)
    recall = np.full(shape, UNDEFINED)
    all_objects, rank = matches.num_objects.sum(axis=2), matches.rank
    for column, rows in enumerate(matches.rows_by_class()):
        order = np.argsort(-matches.scores[rows], kind="stable")
        for size in np.flatnonzero(all_objects[:, column]):
            hit, skipped = (values[size, :, rows][:, order] for values in (matches.matched, matches.ignored))
            for index, limit in enumerate(MAX_DETECTIONS):
                within = rank[rows][order] < limit
                curve = _curve(hit[:, within], skipped[:, within], int(all_objects[size, column]))
                precision[:, :, column, size, index], recall[:, column, size, index] = curve
    return PrecisionRecall(precision, recall)


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
