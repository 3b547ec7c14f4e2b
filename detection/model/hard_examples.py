"""Hard-example mining: the loss counts only at the anchors where it is largest (Shrivastava et al. 2016).

arXiv:1604.03540; the limit of negatives per positive is SSD's (Liu et al. 2016, arXiv:1512.02325).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.model.matcher import NEGATIVE
from sweepbox.detection.model.ranked_suppression import ranked_suppression


class MinedLoss(Enum):
    """Which loss ranks the anchors; names are those of the schema."""

    BOTH = "both"
    CLASSIFICATION = "classification"
    LOCALIZATION = "localization"


@dataclass(frozen=True)
class HardExampleMiner:
    """Chooses anchors by their loss; all numbers but `count` may be Keras variables.

    `count` is the most anchors chosen in an image, before negatives are limited; 0 for all that suppression
    leaves. With `negatives_per_positive` above 0 an image keeps its chosen positives and the hardest of its
    chosen negatives: that many for each positive, but at least `least_negatives`; ignored anchors go.
    """

    loss: MinedLoss
    count: int
    iou_threshold: Any
    negatives_per_positive: Any
    least_negatives: Any

    @classmethod
    def of(cls, message: pb.HardExampleMiner, values: Mapping[str, Any]) -> "HardExampleMiner":
        """Return the miner of a config with its dynamic values."""
        return cls(
            MinedLoss[pb.HardExampleMiner.LossType.Name(message.loss_type)],
            message.num_hard_examples,
            values["miner_iou_threshold"],
            values["miner_negatives_per_positive"],
            values["miner_least_negatives"],
        )

    def __call__(self, localization: Any, classification: Any, boxes_yxyx: Any, match: Any) -> Any:
        """Return which anchors count, bool `[batch, anchors]`.

        Takes both weighted losses `[batch, anchors]`, the decoded boxes `[batch, anchors, 4]` and the matcher's
        result. Anchors are visited from the largest loss down, the lower index first among equal ones; one is
        dropped if its box overlaps a chosen box by more than the IoU threshold. No gradient passes.
        """
        losses = {
            MinedLoss.BOTH: localization + classification,
            MinedLoss.CLASSIFICATION: classification,
            MinedLoss.LOCALIZATION: localization,
        }
        anchors = match.shape[1]
        _, order = ops.top_k(ops.stop_gradient(losses[self.loss]), anchors)
        ranked_boxes = ops.take_along_axis(ops.stop_gradient(boxes_yxyx), order[:, :, None], axis=1)
        limit = min(self.count, anchors) if self.count > 0 else anchors
        chosen = ranked_suppression(ranked_boxes, count=limit, iou_threshold=self.iou_threshold)
        chosen = self._limit_negatives(chosen, ops.take_along_axis(match, order, axis=1))
        return ops.take_along_axis(chosen, ops.argsort(order, axis=1), axis=1)

    def _limit_negatives(self, chosen: Any, match: Any) -> Any:
        """Return the chosen anchors, in order of rank, without the negatives that are too many."""
        ratio = ops.convert_to_tensor(self.negatives_per_positive)
        positive = ops.logical_and(chosen, match >= 0)
        negative = ops.logical_and(chosen, ops.equal(match, NEGATIVE))
        positives = ops.sum(ops.cast(positive, "float32"), axis=1, keepdims=True)
        limit = ops.maximum(ratio * positives, ops.convert_to_tensor(self.least_negatives))
        hardest = ops.logical_and(negative, ops.cumsum(ops.cast(negative, "float32"), axis=1) <= limit)
        return ops.where(ratio > 0.0, ops.logical_or(positive, hardest), chosen)
