"""Pascal VOC detection metrics: average precision at an IoU of 0.5 (Everingham et al. 2010).

Average precision is the area under the monotone precision-recall curve, as in the challenges since 2010.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.boxes import FloatArray, pairwise_iou
from sweepbox.detection.core.detections import Detections, GroundTruth
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.metric_names import UNDEFINED, MetricSet, pascal_names
from sweepbox.detection.evaluation.images import check_image, joined, pixel_boxes

IOU_THRESHOLD = 0.5


def average_precision(scores: FloatArray, hits: NDArray[np.bool_], objects: int) -> float:
    """Return the area under the monotone precision-recall curve, in 0..1; `UNDEFINED` without objects.

    Args:
        scores: The scores `[n]` of the detections, without ignored ones; equal scores keep their order.
        hits: bool `[n]`, whether a detection is a true positive.
        objects: The number of objects to be found.
    """
    if objects == 0:
        return UNDEFINED
    found = np.cumsum(hits[np.argsort(-scores, kind="stable")])
    precision = found / np.arange(1, len(found) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.diff(found, prepend=0)
    return float(np.sum(envelope * steps) / objects)


def match(
    ground_truth: GroundTruth, detections: Detections, *, height: int, width: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Match the detections of an image with its objects.

    A detection is assigned to the object of its class that it overlaps most (the first of equals). It is a true
    positive if the IoU, in pixels, is at least 0.5 and no detection with a better score is assigned to the same
    object; otherwise it is a false positive, even if another object is unmatched. Detections of difficult
    objects and detections without area are ignored.

    Args:
        ground_truth: The annotated objects; boxes are normalised.
        detections: The detected objects; boxes are normalised.
        height: The height of the image in pixels.
        width: The width of the image in pixels.

    Returns:
        The rows of the detections that are not ignored, best score first, and whether each is a true positive.
    """
    boxes, objects = (
        pixel_boxes(marks.boxes_yxyx, height, width).astype(np.float64) for marks in (detections, ground_truth)
    )
    has_area = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    order = np.argsort(-detections.scores, kind="stable")
    order = order[has_area[order]]
    if not len(objects):
        return order, np.zeros(len(order), np.bool_)
    same_class = detections.class_ids[order, None] == ground_truth.class_ids[None, :]
    overlaps = np.where(same_class, pairwise_iou(boxes[order], objects), -1.0)
    assigned = np.argmax(overlaps, axis=1)
    overlaps_enough = overlaps.max(axis=1) >= IOU_THRESHOLD
    counts = ~(overlaps_enough & ground_truth.difficult[assigned])
    hits = np.zeros(len(order), np.bool_)
    candidates = np.flatnonzero(overlaps_enough)
    hits[candidates[np.unique(assigned[candidates], return_index=True)[1]]] = True
    return order[counts], hits[counts]


@dataclass
class PascalEvaluator:
    """Collects images with their annotated and detected objects, and computes Pascal VOC metrics.

    The rules are those of the Object Detection API's evaluator:

    * Detections are matched by `match`. Crowd and group boxes are normal objects, weights have no effect.
    * Detections and objects of classes that are not in the label map are ignored.
    * A class without objects to be found (difficult objects are excluded) has the value -1 (`UNDEFINED`; NaN in
      the original) and is excluded from the mean.
    * The mean of the weighted set is one average precision over the detections of all classes with objects.
    * Detections with equal scores are ranked in the order of their images (undefined in the original).

    Args:
        label_map: The classes.
        sets: The sets of Pascal VOC metrics.
    """

    label_map: LabelMap
    sets: Sequence[MetricSet] = (MetricSet.PASCAL,)
    _images: set[int | str] = field(default_factory=set)
    _objects: list[NDArray[np.int64]] = field(default_factory=list)
    _class_ids: list[NDArray[np.int64]] = field(default_factory=list)
    _scores: list[FloatArray] = field(default_factory=list)
    _hits: list[NDArray[np.bool_]] = field(default_factory=list)

    def __len__(self) -> int:
        """Return the number of images added."""
        return len(self._images)

    def add(
        self, image_id: int | str, ground_truth: GroundTruth, detections: Detections, *, height: int, width: int
    ) -> None:
        """Add one image of `height` x `width` pixels; all boxes are normalised.

        Raises:
            ValueError: An image with this id was added before.
            ModelError: A box or score of a detection is not finite.
        """
        check_image(image_id, self._images, detections)
        self._images.add(image_id)
        rows, hits = match(ground_truth, detections, height=height, width=width)
        self._objects.append(ground_truth.class_ids[~ground_truth.difficult])
        self._class_ids.append(detections.class_ids[rows])
        self._scores.append(detections.scores[rows])
        self._hits.append(hits)

    def metrics(self) -> dict[str, float]:
        """Return the mean and the average precision of each class, in 0..1 or -1, by their original names."""
        objects, class_ids = joined(self._objects, np.int64), joined(self._class_ids, np.int64)
        scores, hits = joined(self._scores, np.float32), joined(self._hits, np.bool_)

        def of(ids: Sequence[int]) -> float:
            rows = np.isin(class_ids, ids)
            return average_precision(scores[rows], hits[rows], int(np.isin(objects, ids).sum()))

        by_class = {class_id: of([class_id]) for class_id in self.label_map.ids}
        measured = [class_id for class_id, value in by_class.items() if value > UNDEFINED]
        mean = float(np.mean([by_class[class_id] for class_id in measured])) if measured else UNDEFINED
        means = {MetricSet.PASCAL: mean, MetricSet.WEIGHTED_PASCAL: of(measured)}
        metrics: dict[str, float] = {}
        for chosen in self.sets:
            names = pascal_names(chosen, self.label_map.names)
            metrics |= dict(zip(names, (means[chosen], *by_class.values()), strict=True))
        return metrics
