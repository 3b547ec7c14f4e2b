"""COCO detection metrics of a data set; the values are those of pycocotools."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sweepbox.detection.core.detections import Detections, GroundTruth
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.metric_names import SUMMARY_NAMES, UNDEFINED
from sweepbox.detection.evaluation.coco_precision import PrecisionRecall, precision_recall
from sweepbox.detection.evaluation.image_matches import ImageMatches
from sweepbox.detection.evaluation.images import check_image, class_columns, joined, xywh_pixels
from sweepbox.detection.evaluation.matching import Boxes, FloatArray, IntArray

_ALL_SIZES = 0
_MOST_DETECTIONS = -1
_IOU_50, _IOU_75 = 0, 5


@dataclass
class CocoEvaluator:
    """Collects images with their annotated and detected objects, and computes COCO metrics.

    The rules are those of the Object Detection API's evaluator:

    * Boxes are compared in pixels of the original image, and areas are those of the boxes.
    * Any number of detections may match a crowd object; they are neither true nor false positives.
    * `difficult` and the weights of objects have no effect.
    * Detections and objects of classes that are not in the label map are ignored.
    * A class without objects to be found has the value -1 (`UNDEFINED`) and is excluded from all means. A mean
      over no classes is -1.

    Args:
        label_map: The classes.
    """

    label_map: LabelMap
    _images: dict[int | str, None] = field(default_factory=dict)
    _annotated: list[tuple[GroundTruth, FloatArray]] = field(default_factory=list)
    _detected: list[tuple[Detections, FloatArray]] = field(default_factory=list)

    def __len__(self) -> int:
        """Return the number of images added."""
        return len(self._images)

    def add(
        self, image_id: int | str, ground_truth: GroundTruth, detections: Detections, *, height: int, width: int
    ) -> None:
        """Add one image.

        Args:
            image_id: A unique id.
            ground_truth: The annotated objects; boxes are normalised.
            detections: The detected objects; boxes are normalised.
            height: The height of the image in pixels.
            width: The width of the image in pixels.

        Raises:
            ValueError: An image with this id was added before.
            ModelError: A box or score of a detection is not finite.
        """
        check_image(image_id, self._images, detections)
        self._images[image_id] = None
        self._annotated.append((ground_truth, xywh_pixels(ground_truth.boxes_yxyx, height, width)))
        self._detected.append((detections, xywh_pixels(detections.boxes_yxyx, height, width)))

    def metrics(self) -> dict[str, float]:
        """Return the metrics of all added images.

        They are `mAP` (IoU .50 to .95), `mAP@.50` … and, for each class, `AP/NAME` and `AP@.50/NAME`. Each
        value is in 0..1, or -1 (`UNDEFINED`).
        """
        result = precision_recall(self.matches())
        return dict(zip(SUMMARY_NAMES, _summary(result), strict=True)) | self._per_class(result.precision)

    def matches(self, image_names: Sequence[str] | None = None) -> ImageMatches:
        """Return the matches of all added images, from which the metrics of any choice of them can be computed.

        Args:
            image_names: The unique names of the images, in the order in which they were added; by
                default their ids.

        Raises:
            ValueError: The names are not one for each image, or not unique.
        """
        names = tuple(map(str, self._images)) if image_names is None else tuple(image_names)
        if len(names) != len(self._images):
            raise ValueError(f"there are {len(names)} names of {len(self._images)} images; give one for each")
        crowd = joined([truth.crowd for truth, _ in self._annotated], np.bool_)
        scores = joined([found.scores for found, _ in self._detected], np.float64)
        group, xywh = self._grouped(self._annotated)
        order = _in_groups(group, np.zeros(len(group)))
        objects = Boxes(group[order], xywh[order], crowd[order])
        group, xywh = self._grouped(self._detected)
        order = _in_groups(group, -scores)
        detections = Boxes(group[order], xywh[order], np.zeros(len(order), np.bool_))
        return ImageMatches.of(
            objects, detections, scores[order], class_names=self.label_map.names, image_names=names
        )

    def _grouped(self, images: list[tuple[Any, FloatArray]]) -> tuple[IntArray, FloatArray]:
        """Return group `[n]` and box `[n, 4]` of all images; the group of an unknown class is -1."""
        column = class_columns(self.label_map, joined([marks.class_ids for marks, _ in images], np.int64))
        image = np.repeat(np.arange(len(images)), [len(boxes) for _, boxes in images])
        group = np.where(column >= 0, column * len(images) + image, -1)
        return group, np.concatenate([np.zeros((0, 4)), *(boxes for _, boxes in images)])

    def _per_class(self, precision: FloatArray) -> dict[str, float]:
        """Return the AP of each class from precision `[IoU, recall, class, size, detections]`."""
        values = {}
        for column, name in enumerate(self.label_map.names):
            of_class = precision[:, :, column, _ALL_SIZES, _MOST_DETECTIONS]
            values[f"AP/{name}"] = _mean(of_class)
            values[f"AP@.50/{name}"] = _mean(of_class[_IOU_50])
        return values


def _in_groups(group: IntArray, key: FloatArray) -> IntArray:
    """Return the rows with a group of at least 0, ordered by group, key and row number."""
    order: IntArray = np.lexsort((np.arange(len(group)), key, group))
    return order[group[order] >= 0]


def _summary(result: PrecisionRecall) -> list[float]:
    """Return the twelve COCO summary metrics in the order of `SUMMARY_NAMES`."""
    precision = result.precision[..., _MOST_DETECTIONS]
    overall = [
        precision[..., _ALL_SIZES],
        precision[_IOU_50, ..., _ALL_SIZES],
        precision[_IOU_75, ..., _ALL_SIZES],
    ]
    by_size = [precision[..., size] for size in (1, 2, 3)]
    recall = [result.recall[..., _ALL_SIZES, limit] for limit in (0, 1, 2)]
    recall += [result.recall[..., size, _MOST_DETECTIONS] for size in (1, 2, 3)]
    return [_mean(values) for values in (*overall, *by_size, *recall)]


def _mean(values: np.ndarray) -> float:
    """Return the mean of the defined values, or `UNDEFINED` if there are none."""
    defined = values[values > UNDEFINED]
    return float(defined.mean()) if defined.size else UNDEFINED
