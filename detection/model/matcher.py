"""Matches anchors with ground-truth boxes."""

from dataclasses import dataclass
from typing import Any

from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb

NEGATIVE = -1
IGNORED = -2


def pairwise_iou(first_yxyx: Any, second_yxyx: Any) -> Any:
    """Return the IoU `[..., n, m]` of boxes `[..., n, 4]` and `[..., m, 4]`; 0 without overlap."""
    first, second = first_yxyx[..., :, None, :], second_yxyx[..., None, :, :]
    top, left = ops.maximum(first[..., 0], second[..., 0]), ops.maximum(first[..., 1], second[..., 1])
    bottom, right = ops.minimum(first[..., 2], second[..., 2]), ops.minimum(first[..., 3], second[..., 3])
    intersection = ops.maximum(bottom - top, 0.0) * ops.maximum(right - left, 0.0)
    union = _area(first) + _area(second) - intersection
    overlaps = intersection > 0.0
    return ops.where(overlaps, intersection / ops.where(overlaps, union, 1.0), 0.0)


def _area(boxes_yxyx: Any) -> Any:
    return (boxes_yxyx[..., 2] - boxes_yxyx[..., 0]) * (boxes_yxyx[..., 3] - boxes_yxyx[..., 1])


@dataclass(frozen=True)
class ArgmaxMatcher:
    """Matches each anchor with the box of the largest IoU, and optionally each box with its best anchor.

    Attributes:
        matched_threshold: An anchor is matched if its largest IoU is at least this; may be a Keras variable.
        unmatched_threshold: An anchor below this IoU is negative, one between the thresholds is ignored; may be
            a Keras variable.
        ignore_thresholds: Match every anchor.
        negatives_lower_than_unmatched: If false, anchors below `unmatched_threshold` are ignored and those
            between the thresholds are negative.
        force_match: Also match each box with its best anchor, whatever their IoU.
    """

    matched_threshold: Any
    unmatched_threshold: Any
    ignore_thresholds: bool
    negatives_lower_than_unmatched: bool
    force_match: bool

    @classmethod
    def of(cls, message: pb.ArgMaxMatcher, matched_threshold: Any, unmatched_threshold: Any) -> "ArgmaxMatcher":
        """Return the matcher of a config; the thresholds may be variables."""
        return cls(
            matched_threshold,
            unmatched_threshold,
            ignore_thresholds=message.ignore_thresholds,
            negatives_lower_than_unmatched=message.negatives_lower_than_unmatched,
            force_match=message.force_match_for_each_row,
        )

    def __call__(self, similarity: Any, can_force: Any) -> Any:
        """Return the index of each anchor's box, NEGATIVE or IGNORED, as int32 `[batch, anchors]`.

        Ties are resolved by the lowest index: between boxes, between anchors, and between boxes that are forced
        on the same anchor. Without boxes, all anchors are negative.

        Args:
            similarity: The IoU `[batch, boxes, anchors]`.
            can_force: bool `[batch, boxes]`, whether a forced match is allowed for a box.
        """
        if similarity.shape[1] == 0:
            return ops.full((ops.shape(similarity)[0], similarity.shape[2]), NEGATIVE, dtype="int32")
        match = ops.argmax(similarity, axis=1)
        if not self.ignore_thresholds:
            match = self._apply_thresholds(match, ops.max(similarity, axis=1))
        if self.force_match:
            forced = _forced_matches(ops.argmax(similarity, axis=2), can_force, similarity.shape[2])
            match = ops.where(forced >= 0, forced, match)
        return match

    def _apply_thresholds(self, match: Any, best: Any) -> Any:
        low, middle = NEGATIVE, IGNORED
        if not self.negatives_lower_than_unmatched:
            low, middle = middle, low
        match = ops.where(best < ops.convert_to_tensor(self.matched_threshold), middle, match)
        return ops.where(best < ops.convert_to_tensor(self.unmatched_threshold), low, match)


def _forced_matches(best_anchors: Any, can_force: Any, num_anchors: int) -> Any:
    """Return the lowest box that is forced on each anchor, else -1, as int32 `[batch, anchors]`.

    `best_anchors` `[batch, boxes]` has the best anchor of each box.
    """
    batch, boxes = ops.shape(best_anchors)[0], best_anchors.shape[1]
    earlier = ops.convert_to_tensor([[other < box for other in range(boxes)] for box in range(boxes)], "bool")
    same = ops.equal(best_anchors[:, :, None], best_anchors[:, None, :])
    preceded = ops.any(ops.logical_and(ops.logical_and(same, earlier), can_force[:, None, :]), axis=2)
    is_forced = ops.cast(ops.logical_and(can_force, ops.logical_not(preceded)), "int32")
    flat = ops.reshape(ops.arange(batch)[:, None] * num_anchors + best_anchors, (-1, 1))
    number = ops.reshape(is_forced * ops.arange(1, boxes + 1), (-1,))
    return ops.reshape(ops.scatter(flat, number, (batch * num_anchors,)), (-1, num_anchors)) - 1
