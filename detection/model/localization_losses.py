"""Localisation losses of box codes or of decoded boxes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.model.box_coder import BoxCoder
from sweepbox.detection.model.targets import Targets


class LocalizationKind(Enum):
    """The supported localisation losses; values are field names of the schema."""

    SMOOTH_L1 = "weighted_smooth_l1"
    L2 = "weighted_l2"
    IOU = "weighted_iou"
    GIOU = "weighted_giou"


def smooth_l1_loss(codes: Any, targets: Any, weights: Any, delta: Any) -> Any:
    """Return the Huber loss `[batch, anchors]`, summed over the 4 codes and not divided by delta."""
    error = ops.abs(codes - targets)
    delta = ops.convert_to_tensor(delta)
    per_code = ops.where(error <= delta, 0.5 * error * error, delta * (error - 0.5 * delta))
    return ops.sum(per_code, axis=2) * weights


def l2_loss(codes: Any, targets: Any, weights: Any) -> Any:
    """Return half the squared weighted error `[batch, anchors]`; the weight is squared too."""
    error = (codes - targets) * weights[:, :, None]
    return 0.5 * ops.sum(error * error, axis=2)


def iou_loss(boxes_yxyx: Any, targets_yxyx: Any, weights: Any) -> Any:
    """Return `weight * (1 - IoU)` `[batch, anchors]` of boxes `[batch, anchors, 4]`; IoU 0 without overlap."""
    intersection, union, _ = _areas(boxes_yxyx, targets_yxyx)
    return (1.0 - _ratio(intersection, union)) * weights


def giou_loss(boxes_yxyx: Any, targets_yxyx: Any, weights: Any) -> Any:
    """Return `weight * (1 - GIoU)` `[batch, anchors]` (Rezatofighi et al. 2019, arXiv:1902.09630).

    1 - GIoU is between 0 and 2. GIoU is IoU minus the fraction of the enclosing box that neither box covers (0
    for an empty enclosing box).
    """
    intersection, union, enclosing = _areas(boxes_yxyx, targets_yxyx)
    gap = _ratio(enclosing - union, enclosing)
    return (1.0 - _ratio(intersection, union) + gap) * weights


@dataclass(frozen=True)
class LocalizationLoss:
    """The localisation loss of a config; `delta` may be a Keras variable."""

    kind: LocalizationKind
    delta: Any
    coder: BoxCoder

    @classmethod
    def of(cls, ssd: pb.Ssd, values: Mapping[str, Any]) -> "LocalizationLoss":
        """Return the loss of a config, with its dynamic values; its kind must be in `LocalizationKind`."""
        chosen = ssd.loss.localization_loss.WhichOneof("localization_loss")
        return cls(
            LocalizationKind(chosen),
            values["smooth_l1_delta"],
            BoxCoder.of(ssd.box_coder.faster_rcnn_box_coder),
        )

    def __call__(self, codes: Any, targets: Targets, anchors_yxyx: Any) -> Any:
        """Return the loss `[batch, anchors]` of codes `[batch, anchors, 4]`; the loss of a NaN target is 0."""
        wanted = ops.where(ops.isnan(targets.codes), codes, targets.codes)
        if self.kind is LocalizationKind.SMOOTH_L1:
            return smooth_l1_loss(codes, wanted, targets.box_weights, self.delta)
        if self.kind is LocalizationKind.L2:
            return l2_loss(codes, wanted, targets.box_weights)
        # Codes of unmatched anchors are replaced by 0, so that extreme ones do not overflow the exponential.
        counts = (targets.box_weights > 0.0)[:, :, None]
        boxes = self.coder.decode(ops.where(counts, codes, 0.0), anchors_yxyx)
        wanted_boxes = self.coder.decode(ops.where(counts, wanted, 0.0), anchors_yxyx)
        if self.kind is LocalizationKind.IOU:
            return iou_loss(boxes, wanted_boxes, targets.box_weights)
        return giou_loss(boxes, wanted_boxes, targets.box_weights)


def _areas(first_yxyx: Any, second_yxyx: Any) -> tuple[Any, Any, Any]:
    """Return the areas of intersection, union and enclosing box, each `[...]`, for boxes `[..., 4]`."""
    low, high = (
        ops.maximum(first_yxyx[..., :2], second_yxyx[..., :2]),
        ops.minimum(first_yxyx[..., 2:], second_yxyx[..., 2:]),
    )
    outer_low, outer_high = (
        ops.minimum(first_yxyx[..., :2], second_yxyx[..., :2]),
        ops.maximum(first_yxyx[..., 2:], second_yxyx[..., 2:]),
    )
    intersection = ops.prod(ops.maximum(high - low, 0.0), axis=-1)
    both = _area(first_yxyx) + _area(second_yxyx)
    return intersection, both - intersection, ops.prod(ops.maximum(outer_high - outer_low, 0.0), axis=-1)


def _area(boxes_yxyx: Any) -> Any:
    return ops.prod(ops.maximum(boxes_yxyx[..., 2:] - boxes_yxyx[..., :2], 0.0), axis=-1)


def _ratio(part: Any, whole: Any) -> Any:
    """Return part / whole, or 0 where whole is 0; gradients are finite there too."""
    some = whole > 0.0
    return ops.where(some, part / ops.where(some, whole, 1.0), 0.0)
