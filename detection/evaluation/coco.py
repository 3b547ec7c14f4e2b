"""COCO detection metrics of whole data sets, computed by pycocotools."""

import contextlib
import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pycocotools.coco import COCO

from detection.core.detections import Detections, GroundTruth
from detection.core.labels import LabelMap
from detection.core.metric_names import SUMMARY_NAMES, UNDEFINED
from detection.evaluation.coco_matching import QuickCocoEvaluation
from detection.evaluation.images import check_image

_ALL_SIZES = 0
_MOST_DETECTIONS = -1
_IOU_50 = 0


@dataclass
class CocoEvaluator:
    """Collects images with their annotated and detected objects, then computes COCO metrics.

    Rules, which are those of the Object Detection API's evaluator: boxes are compared in pixels of the original
    image and areas come from the boxes; crowd objects are honoured (any number of detections may fall on one,
    neither hit nor miss); `difficult` and the weights of objects have no effect; detections and objects whose
    class the label map lacks are left out. A class without an object that counts has the value -1 (`UNDEFINED`)
    and stays out of every mean; where no class is left the mean is -1 too.
    """

    label_map: LabelMap
    _images: set[int | str] = field(default_factory=set)
    _annotated: list[dict[str, Any]] = field(default_factory=list)
    _detected: list[dict[str, Any]] = field(default_factory=list)

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
        number = len(self._images)
        self._images.add(image_id)
        self._add_ground_truth(number, ground_truth, _xywh_pixels(ground_truth.boxes_yxyx, height, width))
        self._add_detections(number, detections, _xywh_pixels(detections.boxes_yxyx, height, width))

    def _add_ground_truth(self, image: int, ground_truth: GroundTruth, boxes_xywh: list[list[float]]) -> None:
        for box, class_id, crowd in zip(boxes_xywh, ground_truth.class_ids, ground_truth.crowd, strict=True):
            annotation = _annotation(len(self._annotated), image, int(class_id), box)
            self._annotated.append(annotation | {"iscrowd": int(crowd)})

    def _add_detections(self, image: int, detections: Detections, boxes_xywh: list[list[float]]) -> None:
        # Best first, equal scores in the order given: the order that pycocotools uses inside an image.
        for row in np.argsort(-detections.scores, kind="stable"):
            annotation = _annotation(
                len(self._detected), image, int(detections.class_ids[row]), boxes_xywh[int(row)]
            )
            self._detected.append(annotation | {"score": float(detections.scores[row])})

    def metrics(self) -> dict[str, float]:
        """Return `mAP` (IoU .50 to .95), `mAP@.50` …, and for each class `AP/NAME` and `AP@.50/NAME`.

        Every value lies in 0..1 or is -1 (`UNDEFINED`).
        """
        # pycocotools reports its progress with print.
        with contextlib.redirect_stdout(io.StringIO()):
            annotated, detected = self._data_set(self._annotated), self._data_set(self._detected)
            evaluation = QuickCocoEvaluation(annotated, detected, "bbox")
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
        summary = zip(SUMMARY_NAMES, map(float, evaluation.stats), strict=True)
        return dict(summary) | self._per_class(evaluation.eval["precision"])

    def _per_class(self, precision: np.ndarray) -> dict[str, float]:
        """Return the AP of each class from precision `[IoU, recall, class, size, detections]`."""
        values = {}
        for column, name in enumerate(self.label_map.names):
            of_class = precision[:, :, column, _ALL_SIZES, _MOST_DETECTIONS]
            values[f"AP/{name}"] = _mean(of_class)
            values[f"AP@.50/{name}"] = _mean(of_class[_IOU_50])
        return values

    def _data_set(self, annotations: list[dict[str, Any]]) -> COCO:
        """Return what pycocotools works on; the annotations are copied because it writes into them."""
        data_set = COCO()
        data_set.dataset = {
            "images": [{"id": number} for number in range(len(self._images))],
            "categories": [{"id": class_id, "name": name} for class_id, name in self.label_map.items],
            "annotations": [dict(annotation) for annotation in annotations],
        }
        data_set.createIndex()
        return data_set


def _annotation(index: int, image: int, class_id: int, box_xywh: list[float]) -> dict[str, Any]:
    """Return one object in COCO's form; ids start at 1 because pycocotools takes a match with id 0 for none."""
    area = box_xywh[2] * box_xywh[3]
    identity = {"id": index + 1, "image_id": image, "category_id": class_id}
    return identity | {"bbox": box_xywh, "area": area, "iscrowd": 0}


def _xywh_pixels(boxes_yxyx: np.ndarray, height: int, width: int) -> list[list[float]]:
    """Return normalised boxes `[n, 4]` as `[x, y, width, height]` in pixels."""
    top, left, bottom, right = (boxes_yxyx.astype(np.float64) * [height, width, height, width]).T
    boxes: list[list[float]] = np.stack([left, top, right - left, bottom - top], axis=-1).tolist()
    return boxes


def _mean(values: np.ndarray) -> float:
    """Return the mean of the defined values, `UNDEFINED` where there is none."""
    defined = values[values > UNDEFINED]
    return float(defined.mean()) if defined.size else UNDEFINED
