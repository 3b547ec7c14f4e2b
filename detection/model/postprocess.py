"""Post-processing: computes detections from the raw predictions."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.support.post_processing import post_processing_problems
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.model.calibration import Calibration
from sweepbox.detection.model.nms import EMPTY_SCORE, non_max_suppression


class ScoreConverter(Enum):
    """Converts logits to scores."""

    IDENTITY = "identity"
    SIGMOID = "sigmoid"
    SOFTMAX = "softmax"

    def __call__(self, logits: Any) -> Any:
        """Return the scores of logits `[..., columns]`."""
        if self is ScoreConverter.IDENTITY:
            return logits
        return ops.sigmoid(logits) if self is ScoreConverter.SIGMOID else ops.softmax(logits, axis=-1)


class Suppression(Enum):
    """The boxes that suppress each other: those of the same class, or all.

    COMBINED suppresses within each class too, but keeps boxes without area after clipping.
    """

    EACH_CLASS = "each class"
    COMBINED = "combined"
    ANY_CLASS = "any class"

    @classmethod
    def of(cls, nms: pb.BatchNonMaxSuppression) -> "Suppression":
        """Return the suppression of a config."""
        if nms.use_combined_nms:
            return cls.COMBINED
        return cls.ANY_CLASS if nms.use_class_agnostic_nms else cls.EACH_CLASS


@dataclass(frozen=True)
class PostProcessing:
    """Score conversion, suppression and clipping.

    Detections with equal scores are ordered by class id, then by anchor index. In class-agnostic suppression,
    an anchor has the lowest class of its largest score, and ties between anchors are ordered by anchor index.

    `use_static_shapes`, `use_hard_nms`, `use_partitioned_nms` and `use_cpu_nms` have no attribute: they do not
    change the result.

    Attributes:
        converter: Converts logits to scores.
        calibration: The calibration of the scores.
        logit_scale: The divisor of the logits.
        score_threshold: The score threshold of the suppression; may be a Keras variable.
        iou_threshold: The IoU threshold of the suppression; may be a Keras variable.
        sigma: The sigma of soft suppression, None for hard suppression.
        per_class: The largest number of detections per class.
        total: The largest number of detections per image.
        suppression: The boxes that suppress each other.
        change_frame: Express boxes relative to the image before padding.
        first_class_column: 1 if there is a background column, else 0.
        padded_size: (height, width) of the network's input.
    """

    converter: ScoreConverter
    calibration: Calibration
    logit_scale: float
    score_threshold: Any
    iou_threshold: Any
    sigma: float | None
    per_class: int
    total: int
    suppression: Suppression
    change_frame: bool
    first_class_column: int
    padded_size: tuple[int, int]

    @classmethod
    def of(cls, ssd: pb.Ssd, values: Mapping[str, Any], padded_size: tuple[int, int]) -> "PostProcessing":
        """Return the post-processing of a config with its dynamic values.

        Raises:
            ConfigError: Settings are not supported or contradict each other.
        """
        if problems := post_processing_problems(ssd):
            raise ConfigError("\n".join(problems))
        message = ssd.post_processing
        nms = message.batch_non_max_suppression
        return cls(
            converter=ScoreConverter[pb.PostProcessing.ScoreConverter.Name(message.score_converter)],
            calibration=Calibration.of(message.calibration_config),
            logit_scale=message.logit_scale,
            score_threshold=values["nms_score_threshold"],
            iou_threshold=values["nms_iou_threshold"],
            sigma=nms.soft_nms_sigma if nms.soft_nms_sigma > 0 else None,
            per_class=nms.max_detections_per_class,
            total=nms.max_total_detections,
            suppression=Suppression.of(nms),
            change_frame=nms.change_coordinate_frame,
            first_class_column=int(ssd.add_background_class),
            padded_size=padded_size,
        )

    def scores(self, logits: Any) -> Any:
        """Return the calibrated scores `[batch, anchors, columns]` of logits."""
        return self.calibration(self.converter(logits / (self.logit_scale * self.calibration.temperature)))

    def __call__(self, boxes_yxyx: Any, scores: Any, true_sizes: Any) -> dict[str, Any]:
        """Return the detections of a batch.

        Detections are clipped to the image before padding; those without area are then dropped, although they
        count towards the limit of their class. Scores that are NaN or negative and boxes with a NaN are never
        detections; combined suppression keeps negative scores.

        Args:
            boxes_yxyx: The decoded boxes `[batch, anchors, 4]`.
            scores: The scores `[batch, anchors, columns]`.
            true_sizes: int32 `[batch, 2]`, height and width before padding.

        Returns:
            `detection_boxes`, relative to the image before padding if the config changes the coordinate frame;
            `detection_scores`; `detection_classes`, 0-based floats; `num_detections`, after which rows are
            zero; except with combined suppression, `detection_multiclass_scores` and
            `detection_anchor_indices`.
        """
        combined = self.suppression is Suppression.COMBINED
        broken = ops.any(ops.isnan(boxes_yxyx), axis=2, keepdims=True)
        class_scores = ops.where(broken, EMPTY_SCORE, scores[:, :, self.first_class_column :])
        suppress = self._suppress_any if self.suppression is Suppression.ANY_CLASS else self._suppress_each
        anchors, classes, kept_scores = suppress(boxes_yxyx, class_scores)
        padded = ops.cast(ops.convert_to_tensor(self.padded_size), "float32")
        window = ops.tile(ops.cast(true_sizes, "float32") / padded, (1, 2))[:, None, :]
        boxes = _rows(boxes_yxyx, anchors)
        boxes = _clipped_combined(boxes, window) if combined else ops.clip(boxes, 0.0, window)
        if not combined:
            kept_scores = ops.where(_has_area(boxes), kept_scores, EMPTY_SCORE)
        order, kept_scores = _best(kept_scores, self.total)
        exists = kept_scores > EMPTY_SCORE if combined else kept_scores >= 0.0
        boxes, anchors = _rows(boxes, order), _rows(anchors, order)
        if self.change_frame:
            boxes = boxes / window
        detections = {
            "detection_boxes": ops.where(exists[:, :, None], boxes, 0.0),
            "detection_scores": ops.where(exists, kept_scores, 0.0),
            "detection_classes": ops.where(exists, ops.cast(_rows(classes, order), "float32"), 0.0),
            "num_detections": ops.sum(ops.cast(exists, "float32"), axis=1),
        }
        if combined:
            return detections
        return detections | {
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
        """Return (anchor, class, score) `[batch, total]` after suppression of the best class of each anchor."""
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


def _best(scores: Any, count: int) -> tuple[Any, Any]:
    """Return (indices, scores) `[batch, count]` of the best, padded with EMPTY_SCORE; ties keep their order."""
    missing = count - scores.shape[1]
    if missing > 0:
        scores = ops.pad(scores, ((0, 0), (0, missing)), constant_values=EMPTY_SCORE)
    values, indices = ops.top_k(scores, count)
    return (ops.where(values > EMPTY_SCORE, indices, 0) if missing > 0 else indices), values


def _clipped_combined(boxes_yxyx: Any, window: Any) -> Any:
    """Return boxes with each side clipped at one side of the window only, as in combined suppression.

    A box that is completely outside the window becomes inverted.
    """
    top_left, bottom_right = ops.maximum(boxes_yxyx[..., :2], 0.0), boxes_yxyx[..., 2:]
    return ops.concatenate([top_left, ops.minimum(bottom_right, window[..., 2:])], axis=-1)


def _has_area(boxes_yxyx: Any) -> Any:
    return (boxes_yxyx[..., 2] - boxes_yxyx[..., 0]) * (boxes_yxyx[..., 3] - boxes_yxyx[..., 1]) > 0.0


def _rows(values: Any, indices: Any) -> Any:
    """Return the rows `[batch, k, ...]` of values `[batch, n, ...]` at indices `[batch, k]`."""
    batch, size = ops.shape(values)[0], values.shape[1]
    flat = ops.reshape(values, (-1, *values.shape[2:]))
    return ops.take(flat, ops.arange(batch)[:, None] * size + indices, axis=0)
