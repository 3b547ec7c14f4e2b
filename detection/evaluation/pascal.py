"""Pascal VOC detection metrics: average precision at an IoU of one half (Everingham et al. 2010).

Average precision is the area under the precision-recall curve made monotone, as in the challenges from 2010 on.
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
    """Return the area under the monotone precision-recall curve, 0..1; `UNDEFINED` without an object.

    `scores` and `hits` `[n]` are those of the detections that count, `objects` the number of objects to be
    found. Detections of equal score count in the order given.
    """
    if objects == 0:
        return UNDEFINED
    found = np.cumsum(hits[np.argsort(-scores, kind="stable")])
    precision = found / np.arange(1, len(found) + 1)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.diff(found, prepend=0)
    return float(np.sum(best_from_here * steps) / objects)


def match(
    ground_truth: GroundTruth, detections: Detections, *, height: int, width: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return which detections of an image of that many pixels count, best score first, and which of them hit.

    A detection belongs to the object of its own class that it overlaps most (the first of equals). It hits
    where the IoU, in pixels, is at least one half and no better detection belongs to that object; otherwise it
    misses, even where another object is left. A detection of a difficult object does not count, nor does one
    whose box has no area.
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
    owner = np.argmax(overlaps, axis=1)
    reaches = overlaps.max(axis=1) >= IOU_THRESHOLD
    counts = ~(reaches & ground_truth.difficult[owner])
    hits = np.zeros(len(order), np.bool_)
    candidates = np.flatnonzero(reaches)
    hits[candidates[np.unique(owner[candidates], return_index=True)[1]]] = True
    return order[counts], hits[counts]


@dataclass
class PascalEvaluator:
    """Collects images with their annotated and detected objects, then computes Pascal VOC metrics.

    Rules, which are those of the Object Detection API's evaluator: see `match`; crowd and group boxes are
    objects like others, weights have no effect; detections and objects whose class the label map lacks are left
    out. A class without an object that counts (difficult ones do not) has the value -1 (`UNDEFINED`; NaN in the
    original) and stays out of the mean. So do its detections in the weighted set, whose mean is one average
    precision over the detections of all classes. Detections of equal score count in the order of their images
    (the original leaves it to its sort).
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
        """Take in one image of `height` x `width` pixels; all boxes are normalised to it.

        An image that was added before raises ValueError, a detection that is not finite ModelError.
        """
        check_image(image_id, self._images, detections)
        self._images.add(image_id)
        rows, hits = match(ground_truth, detections, height=height, width=width)
        self._objects.append(ground_truth.class_ids[~ground_truth.difficult])
        self._class_ids.append(detections.class_ids[rows])
        self._scores.append(detections.scores[rows])
        self._hits.append(hits)

    def metrics(self) -> dict[str, float]:
        """Return the mean and each class's average precision by their names in the original; 0..1 or -1."""
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
