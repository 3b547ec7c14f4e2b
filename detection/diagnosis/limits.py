"""Limits of a config on the number of boxes of an image, beside the fullest image of the data."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.diagnosis.boxes import AnnotatedBoxes

NMS = "model.ssd.post_processing.batch_non_max_suppression"


@dataclass(frozen=True)
class BoxLimit:
    """One limit.

    Attributes:
        field: The field of the config.
        limit: Its value.
        most: The most boxes of an image (of one class where the limit is for each class).
        images: The number of images with more boxes than the limit.
        lost: The number of boxes beyond it.
        effect: What happens to those boxes.
    """

    field: str
    limit: int
    most: int
    images: int
    lost: int
    effect: str

    @property
    def cuts(self) -> bool:
        """Whether an image has more boxes than the limit."""
        return self.most > self.limit

    def to_json(self) -> dict[str, Any]:
        """Return the limit as a JSON object."""
        return {**asdict(self), "cuts": self.cuts}


def box_limits(config: pb.TrainEvalPipelineConfig, boxes: AnnotatedBoxes) -> tuple[BoxLimit, ...]:
    """Return every limit of a config on the number of boxes of an image."""
    return tuple(_limits(config, boxes))


def _limits(config: pb.TrainEvalPipelineConfig, boxes: AnnotatedBoxes) -> Iterator[BoxLimit]:
    per_image, reader = boxes.per_image, config.train_input_reader
    yield _limit(
        "train_input_reader.max_number_of_boxes",
        reader.max_number_of_boxes,
        per_image,
        "training does not see them, and calls what it finds there background",
    )
    nms = config.model.ssd.post_processing.batch_non_max_suppression
    undetected = "no detector can find them, so they count as missed"
    per_class = boxes.per_image_and_class.max(axis=1)
    yield _limit(f"{NMS}.max_detections_per_class", nms.max_detections_per_class, per_class, undetected)
    yield _limit(f"{NMS}.max_total_detections", nms.max_total_detections, per_image, undetected)


def _limit(field: str, limit: int, counts: NDArray[np.int64], effect: str) -> BoxLimit:
    beyond = np.maximum(counts - limit, 0)
    return BoxLimit(field, limit, int(counts.max()), int((beyond > 0).sum()), int(beyond.sum()), effect)
