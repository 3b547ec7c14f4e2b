"""Settings of the suppression, and the detections that they leave of raw predictions."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.detections import Detections
from sweepbox.detection.model.postprocess import PostProcessing
from sweepbox.detection.model.program import Program, compiled
from sweepbox.detection.model.ssd import input_size
from sweepbox.detection.post_training.raw_predictions import RawPredictions

ROWS = 16
"""The images of a batch."""


@dataclass(frozen=True)
class SuppressionSetting:
    """The settings of `batch_non_max_suppression` that are chosen after training.

    Attributes:
        iou_threshold: Boxes that overlap a better one by more are removed; without effect with a `sigma`.
        sigma: The sigma of soft suppression; 0 for hard suppression.
        per_class: The largest number of detections of a class.
        total: The largest number of detections of an image.
        score_threshold: Only boxes with a score above it are detections.
    """

    iou_threshold: float
    sigma: float
    per_class: int
    total: int
    score_threshold: float

    @classmethod
    def of(cls, ssd: pb.Ssd) -> "SuppressionSetting":
        """Return the settings of a config."""
        nms = ssd.post_processing.batch_non_max_suppression
        return cls(
            iou_threshold=_shortest(nms.iou_threshold),
            sigma=_shortest(nms.soft_nms_sigma),
            per_class=nms.max_detections_per_class,
            total=nms.max_total_detections,
            score_threshold=_shortest(nms.score_threshold),
        )

    def applied(self, ssd: pb.Ssd) -> pb.Ssd:
        """Return a copy of a config with these settings."""
        changed = pb.Ssd()
        changed.CopyFrom(ssd)
        nms = changed.post_processing.batch_non_max_suppression
        nms.iou_threshold = self.iou_threshold
        nms.soft_nms_sigma = self.sigma
        nms.max_detections_per_class = self.per_class
        nms.max_total_detections = self.total
        nms.score_threshold = self.score_threshold
        return changed

    def __str__(self) -> str:
        """Return the settings for people."""
        kind = f"soft-NMS with sigma {self.sigma:g}" if self.sigma > 0 else f"NMS IoU {self.iou_threshold:g}"
        return f"{kind}, at most {self.per_class} detections per class and {self.total} in all"


def _shortest(value: float) -> float:
    """Return the shortest decimal number that is the same as a float32: 0.6 for 0.60000002."""
    return float(str(np.float32(value)))


class Suppressor:
    """Computes the detections of raw predictions with the post-processing of the model itself.

    Settings that differ in thresholds or sigma only share a compiled program.

    Args:
        ssd: The config of the model.
        predictions: The raw predictions.
    """

    def __init__(self, ssd: pb.Ssd, predictions: RawPredictions) -> None:
        self._ssd = ssd
        self._predictions = predictions
        self._programs: dict[tuple[bool, int, int], Program] = {}

    def detections(self, setting: SuppressionSetting) -> list[Detections]:
        """Return the detections of each image, best score first.

        Raises:
            ConfigError: The config does not allow the setting.
        """
        program = self._program(setting)
        thresholds = [setting.score_threshold, setting.iou_threshold, setting.sigma]
        values = [np.float32(value) for value in thresholds]
        found = (
            program(batch.boxes_yxyx, batch.scores, batch.true_sizes, *values)
            for batch in self._predictions.batches(ROWS)
        )
        images = [image for outputs in found for image in _images(*outputs)]
        return images[: len(self._predictions)]

    def _program(self, setting: SuppressionSetting) -> Program:
        key = (setting.sigma > 0, setting.per_class, setting.total)
        if key not in self._programs:
            self._programs[key] = _compiled(setting.applied(self._ssd))
        return self._programs[key]


def _compiled(ssd: pb.Ssd) -> Program:
    """Return the program of a config's post-processing, which takes the thresholds and sigma as arguments."""
    unset = {"nms_score_threshold": 0.0, "nms_iou_threshold": 0.0}
    settings = PostProcessing.of(ssd, unset, input_size(ssd.image_resizer))

    def suppress(  # noqa: PLR0917 - arrays in a fixed order
        boxes_yxyx: Any, scores: Any, true_sizes: Any, score_threshold: Any, iou_threshold: Any, sigma: Any
    ) -> list[Any]:
        own = replace(
            settings,
            score_threshold=score_threshold,
            iou_threshold=iou_threshold,
            sigma=None if settings.sigma is None else sigma,
        )
        found = own(*map(ops.convert_to_tensor, (boxes_yxyx, scores, true_sizes)))
        return [found[f"detection_{name}"] for name in ("boxes", "scores", "classes")] + [
            found["num_detections"]
        ]

    return compiled(suppress)


def _images(
    boxes_yxyx: NDArray[np.float32],
    scores: NDArray[np.float32],
    classes: NDArray[np.float32],
    counts: NDArray[np.float32],
) -> Iterator[Detections]:
    """Yield the detections of each image of a batch, with 1-based class ids."""
    for row, count in enumerate(counts.astype(int).tolist()):
        yield Detections(
            boxes_yxyx[row, :count], scores[row, :count], classes[row, :count].astype(np.int64) + 1
        )
