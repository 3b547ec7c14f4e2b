"""From raw predictions to the detections of an image."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from keras import ops

from detection.config import pipeline_pb2 as pb
from detection.core.errors import ConfigError
from detection.model.nms import NOTHING, non_max_suppression

PATH = "model.ssd.post_processing.batch_non_max_suppression"


class ScoreConverter(Enum):
    """How logits become scores."""

    IDENTITY = "identity"
    SIGMOID = "sigmoid"
    SOFTMAX = "softmax"

    def __call__(self, logits: Any) -> Any:
        """Return the scores of logits `[..., columns]`."""
        if self is ScoreConverter.IDENTITY:
            return logits
        return ops.sigmoid(logits) if self is ScoreConverter.SIGMOID else ops.softmax(logits, axis=-1)


@dataclass(frozen=True)
class PostProcessing:
    """Suppression and everything around it; the two thresholds may be Keras variables.

    `padded_size` (height, width) is that of the network's input. `first_class_column` is 1 behind a background
    column. With `keep_empty` boxes that clipping leaves without area stay.
    """

    converter: ScoreConverter
    logit_scale: float
    score_threshold: Any
    iou_threshold: Any
    sigma: float | None
    per_class: int
    total: int
    class_agnostic: bool
    change_frame: bool
    keep_empty: bool
    first_class_column: int
    padded_size: tuple[int, int]

    @classmethod
    def of(cls, ssd: pb.Ssd, values: Mapping[str, Any], padded_size: tuple[int, int]) -> "PostProcessing":
        """Return the post-processing of a config with its dynamic values.

        Raises ConfigError for settings that contradict each other or are not supported.
        """
        message = ssd.post_processing
        nms = message.batch_non_max_suppression
        _check(nms)
        return cls(
            converter=ScoreConverter[pb.PostProcessing.ScoreConverter.Name(message.score_converter)],
            logit_scale=message.logit_scale,
            score_threshold=values["nms_score_threshold"],
            iou_threshold=values["nms_iou_threshold"],
            sigma=nms.soft_nms_sigma if nms.soft_nms_sigma > 0 else None,
            per_class=nms.max_detections_per_class,
            total=nms.max_total_detections,
            class_agnostic=nms.use_class_agnostic_nms,
            change_frame=nms.change_coordinate_frame,
            keep_empty=nms.use_combined_nms,
            first_class_column=int(ssd.add_background_class),
            padded_size=padded_size,
        )

    def scores(self, logits: Any) -> Any:
        """Return the scores `[batch, anchors, columns]` of logits."""
        return self.converter(logits / self.logit_scale)

    def __call__(self, boxes_yxyx: Any, scores: Any, true_sizes: Any) -> dict[str, Any]:
        """Return the detections of decoded boxes `[batch, anchors, 4]` and scores `[batch, anchors, columns]`.

        `true_sizes` int32 `[batch, 2]` holds height and width before padding: detections are clipped to that
        part of the input, those left without area are dropped, and the boxes are expressed relative to it where
        the config changes the coordinate frame. Rows past `num_detections` are zero. Class ids are 0-based
        floats.
        """
        class_scores = scores[:, :, self.first_class_column :]
        anchors, classes, kept_scores = (
            self._suppress_any(boxes_yxyx, class_scores)
            if self.class_agnostic
            else self._suppress_each(boxes_yxyx, class_scores)
        )
        padded = ops.cast(ops.convert_to_tensor(self.padded_size), "float32")
        window = ops.tile(ops.cast(true_sizes, "float32") / padded, (1, 2))[:, None, :]
        boxes = ops.clip(_rows(boxes_yxyx, anchors), 0.0, window)
        if not self.keep_empty:
            kept_scores = ops.where(_has_area(boxes), kept_scores, NOTHING)
        order, kept_scores = _best(kept_scores, self.total)
        exists = kept_scores > NOTHING
        boxes, anchors = _rows(boxes, order), _rows(anchors, order)
        if self.change_frame:
            boxes = boxes / window
        return {
            "detection_boxes": ops.where(exists[:, :, None], boxes, 0.0),
            "detection_scores": ops.where(exists, kept_scores, 0.0),
            "detection_classes": ops.where(exists, ops.cast(_rows(classes, order), "float32"), 0.0),
            "num_detections": ops.sum(ops.cast(exists, "float32"), axis=1),
            "detection_multiclass_scores": ops.where(exists[:, :, None], _rows(scores, anchors), 0.0),
            "detection_anchor_indices": ops.where(exists, ops.cast(anchors, "float32"), 0.0),
        }

    def _suppress_each(self, boxes_yxyx: Any, scores: Any) -> tuple[Any, Any, Any]:
        """Return (anchor, class, score) `[batch, classes · per_class]` after suppression within each class."""
        anchors, num_classes = scores.shape[1:]
        sets = ops.reshape(ops.transpose(scores, (0, 2, 1)), (-1, anchors))
        repeated = ops.reshape(ops.repeat(boxes_yxyx[:, None], num_classes, axis=1), (-1, anchors, 4))
        kept, kept_scores = self._suppress(repeated, sets, self.per_class)
        classes = ops.reshape(ops.repeat(ops.arange(num_classes), self.per_class), (1, -1))
        kept = ops.reshape(kept, (-1, num_classes * self.per_class))
        kept_scores = ops.reshape(kept_scores, (-1, num_classes * self.per_class))
        return kept, ops.broadcast_to(classes, ops.shape(kept)), kept_scores

    def _suppress_any(self, boxes_yxyx: Any, scores: Any) -> tuple[Any, Any, Any]:
        """Return (anchor, class, score) `[batch, total]` after suppression among each anchor's best class."""
        kept, kept_scores = self._suppress(boxes_yxyx, ops.max(scores, axis=2), self.total)
        return kept, _rows(ops.argmax(scores, axis=2), kept), kept_scores

    def _suppress(self, boxes_yxyx: Any, scores: Any, count: int) -> tuple[Any, Any]:
        return non_max_suppression(
            boxes_yxyx,
            scores,
            count=count,
            score_threshold=self.score_threshold,
            iou_threshold=self.iou_threshold,
            sigma=self.sigma,
        )


def _check(nms: pb.BatchNonMaxSuppression) -> None:
    if nms.max_detections_per_class > nms.max_total_detections:
        raise ConfigError(
            f"{PATH}: max_detections_per_class {nms.max_detections_per_class} exceeds max_total_detections "
            f"{nms.max_total_detections}; raise the second or lower the first"
        )
    if min(nms.max_detections_per_class, nms.max_total_detections) < 1:
        raise ConfigError(f"{PATH}: max_detections_per_class and max_total_detections must be at least 1")
    if not 0.0 <= nms.iou_threshold <= 1.0:
        raise ConfigError(f"{PATH}.iou_threshold: {nms.iou_threshold} is not in 0..1")
    if nms.soft_nms_sigma < 0.0:
        raise ConfigError(
            f"{PATH}.soft_nms_sigma: {nms.soft_nms_sigma} is negative; use 0 for ordinary suppression"
        )
    if nms.use_class_agnostic_nms and nms.max_classes_per_detection > 1:
        raise ConfigError(
            f"{PATH}.max_classes_per_detection: {nms.max_classes_per_detection} is not supported with "
            "use_class_agnostic_nms; set it to 1"
        )
    if nms.use_combined_nms and nms.change_coordinate_frame:
        raise ConfigError(f"{PATH}: use_combined_nms needs change_coordinate_frame: false")
    if nms.soft_nms_sigma > 0.0 and (nms.use_combined_nms or nms.use_static_shapes):
        raise ConfigError(
            f"{PATH}.soft_nms_sigma: set it to 0, or neither use_combined_nms nor use_static_shapes"
        )


def _best(scores: Any, count: int) -> tuple[Any, Any]:
    """Return (indices, scores) `[batch, count]` of the best, padded with NOTHING; ties keep their order."""
    missing = count - scores.shape[1]
    if missing > 0:
        scores = ops.pad(scores, ((0, 0), (0, missing)), constant_values=NOTHING)
    values, indices = ops.top_k(scores, count)
    return (ops.where(values > NOTHING, indices, 0) if missing > 0 else indices), values


def _has_area(boxes_yxyx: Any) -> Any:
    return (boxes_yxyx[..., 2] - boxes_yxyx[..., 0]) * (boxes_yxyx[..., 3] - boxes_yxyx[..., 1]) > 0.0


def _rows(values: Any, indices: Any) -> Any:
    """Return the rows `[batch, k, ...]` of values `[batch, n, ...]` at indices `[batch, k]`."""
    batch, size = ops.shape(values)[0], values.shape[1]
    flat = ops.reshape(values, (-1, *values.shape[2:]))
    return ops.take(flat, ops.arange(batch)[:, None] * size + indices, axis=0)
