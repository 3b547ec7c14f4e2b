"""Which ground-truth box each anchor answers for."""

from dataclasses import dataclass
from typing import Any

from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb

NEGATIVE = -1
IGNORED = -2


def pairwise_iou(first_yxyx: Any, second_yxyx: Any) -> Any:
    """Return intersection over union `[..., n, m]` of boxes `[..., n, 4]`, `[..., m, 4]`; 0 without overlap."""
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
    """Each anchor takes the box that it overlaps best, if well enough; each box can claim its best anchor.

    The thresholds may be Keras variables. `ignore_thresholds` matches every anchor; `force_match` lets boxes
    claim anchors; without `negatives_lower_than_unmatched` negative and ignored anchors change places.
    """

    matched_threshold: Any
    unmatched_threshold: Any
    ignore_thresholds: bool
    negatives_lower_than_unmatched: bool
    force_match: bool

    @classmethod
    def of(cls, message: pb.ArgMaxMatcher, matched_threshold: Any, unmatched_threshold: Any) -> "ArgmaxMatcher":
        """Return the matcher of a config, with thresholds that may be variables."""
        return cls(
            matched_threshold,
            unmatched_threshold,
            ignore_thresholds=message.ignore_thresholds,
            negatives_lower_than_unmatched=message.negatives_lower_than_unmatched,
            force_match=message.force_match_for_each_row,
        )

    def __call__(self, similarity: Any, claims: Any) -> Any:
        """Return for each anchor the index of its box, NEGATIVE or IGNORED, as int32 `[batch, anchors]`.

        `similarity` is `[batch, boxes, anchors]`; `claims` bool `[batch, boxes]` tells which boxes may claim an
        anchor. The lowest index wins among equally good boxes, among equally good anchors, and among boxes that
        claim the same anchor. Without boxes all anchors are negative.
        """
        if similarity.shape[1] == 0:
            return ops.full((ops.shape(similarity)[0], similarity.shape[2]), NEGATIVE, dtype="int32")
        match = ops.argmax(similarity, axis=1)
        if not self.ignore_thresholds:
            match = self._apply_thresholds(match, ops.max(similarity, axis=1))
        if self.force_match:
            claimed_by = _claimed_by(ops.argmax(similarity, axis=2), claims, similarity.shape[2])
            match = ops.where(claimed_by >= 0, claimed_by, match)
        return match

    def _apply_thresholds(self, match: Any, best: Any) -> Any:
        low, middle = NEGATIVE, IGNORED
        if not self.negatives_lower_than_unmatched:
            low, middle = middle, low
        match = ops.where(best < ops.convert_to_tensor(self.matched_threshold), middle, match)
        return ops.where(best < ops.convert_to_tensor(self.unmatched_threshold), low, match)


def _claimed_by(best_anchors: Any, claims: Any, num_anchors: int) -> Any:
    """Return for each anchor the lowest box that claims it, else -1, as int32 `[batch, anchors]`.

    `best_anchors` `[batch, boxes]` holds each box's best anchor.
    """
    batch, boxes = ops.shape(best_anchors)[0], best_anchors.shape[1]
    earlier = ops.convert_to_tensor([[other < box for other in range(boxes)] for box in range(boxes)], "bool")
    same = ops.equal(best_anchors[:, :, None], best_anchors[:, None, :])
    beaten = ops.any(ops.logical_and(ops.logical_and(same, earlier), claims[:, None, :]), axis=2)
    wins = ops.cast(ops.logical_and(claims, ops.logical_not(beaten)), "int32")
    flat = ops.reshape(ops.arange(batch)[:, None] * num_anchors + best_anchors, (-1, 1))
    number = ops.reshape(wins * ops.arange(1, boxes + 1), (-1,))
    return ops.reshape(ops.scatter(flat, number, (batch * num_anchors,)), (-1, num_anchors)) - 1
