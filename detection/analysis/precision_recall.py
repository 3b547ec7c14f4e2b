"""Precision against recall by class, and average precision by class and size of the objects.

The values are COCO's: the mean of a curve's 101 precisions is the AP that an evaluation reports.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.analysis.numbers import all_rounded, mean_defined, rounded
from sweepbox.detection.evaluation.coco_precision import PrecisionRecall, precision_recall
from sweepbox.detection.evaluation.image_matches import RECALL_THRESHOLDS, ImageMatches

CURVE_IOUS = {0.5: 0, 0.75: 5}
"""The IoU thresholds of the curves, and their rows in `IOU_THRESHOLDS`."""

SIZES = ("all", "small", "medium", "large")
"""The sizes of objects: areas of 32² and 96² square pixels of the image separate the last three."""

_ALL_SIZES, _MOST_DETECTIONS = 0, -1
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PrecisionCurve:
    """The precision of one class at each recall 0, 0.01 … 1.

    Attributes:
        name: The name of the class.
        iou: The IoU from which a detection is right.
        objects: The number of objects to be found.
        ap: The mean of the precisions; None without an object.
        precision: The highest precision at each recall or above, 0 where the recall is not reached; empty
            without an object.
        scores: The lowest score of the detections that reach each recall; as long as recalls are reached.
    """

    name: str
    iou: float
    objects: int
    ap: float | None
    precision: tuple[float, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True)
class SizePrecision:
    """The average precision of one class, or the mean over all classes, by the size of the objects.

    Attributes:
        name: The name of the class; `all classes` for the mean.
        objects: The number of objects of each of `SIZES`.
        ap: The AP (IoU .50 to .95) of each of `SIZES`; None without an object.
        ap50: The same at IoU .50.
    """

    name: str
    objects: tuple[int, ...]
    ap: tuple[float | None, ...]
    ap50: tuple[float | None, ...]


ALL_CLASSES = "all classes"


def precision_curves(
    matches: ImageMatches, result: PrecisionRecall | None = None
) -> tuple[PrecisionCurve, ...]:
    """Return the curves of each class at each of `CURVE_IOUS`, class by class.

    Args:
        matches: The matches of the images.
        result: Their precision and recall, where they are computed already.
    """
    result = result or precision_recall(matches)
    curves = []
    for column, (name, rows) in enumerate(zip(matches.class_names, matches.rows_by_class(), strict=True)):
        objects = int(matches.num_objects[_ALL_SIZES, column].sum())
        for iou, row in CURVE_IOUS.items():
            precision = result.precision[row, :, column, _ALL_SIZES, _MOST_DETECTIONS]
            curves.append(
                PrecisionCurve(
                    name=name,
                    iou=iou,
                    objects=objects,
                    ap=rounded(float(precision.mean())) if objects else None,
                    precision=all_rounded(precision) if objects else (),
                    scores=all_rounded(_scores(matches, rows, row, objects)),
                )
            )
    return tuple(curves)


def precision_by_size(
    matches: ImageMatches, result: PrecisionRecall | None = None
) -> tuple[SizePrecision, ...]:
    """Return the average precision of all classes together, then of each class."""
    result = result or precision_recall(matches)
    values = result.precision[..., _MOST_DETECTIONS]
    ap, ap50 = values.transpose(2, 3, 0, 1), values[CURVE_IOUS[0.5]].transpose(1, 2, 0)
    objects = matches.num_objects.sum(axis=2).T
    rows = [(ALL_CLASSES, slice(None), objects.sum(axis=0))]
    rows += [(name, slice(n, n + 1), objects[n]) for n, name in enumerate(matches.class_names)]
    sizes = range(len(SIZES))
    return tuple(
        SizePrecision(
            name,
            tuple(counts.tolist()),
            tuple(mean_defined(ap[classes, size]) for size in sizes),
            tuple(mean_defined(ap50[classes, size]) for size in sizes),
        )
        for name, classes, counts in rows
    )


def _scores(matches: ImageMatches, rows: slice, iou_row: int, objects: int) -> FloatArray:
    """Return the score `[reached]` of the detection at which each fixed recall is reached."""
    counted = ~matches.ignored[_ALL_SIZES, iou_row, rows]
    scores, hits = matches.scores[rows][counted], matches.matched[_ALL_SIZES, iou_row, rows][counted]
    if not objects or not len(scores):
        return np.zeros(0)
    order = np.argsort(-scores, kind="stable")
    recall = np.cumsum(hits[order]) / objects
    index = np.searchsorted(recall, RECALL_THRESHOLDS, side="left")
    reached: FloatArray = scores[order][index[index < len(scores)]]
    return reached
