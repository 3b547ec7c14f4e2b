"""Hard example mining: only the anchors with the largest losses are trained.

See Shrivastava et al. 2016, arXiv:1604.03540; the limit of negatives per positive is from SSD (Liu et al. 2016,
arXiv:1512.02325).
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
    """The loss by which anchors are ranked; names are those of the schema."""

    BOTH = "both"
    CLASSIFICATION = "classification"
    LOCALIZATION = "localization"


@dataclass(frozen=True)
class HardExampleMiner:
    """Selects the anchors with the largest losses. All numbers except `count` may be Keras variables.

    Attributes:
        loss: The loss by which anchors are ranked.
        count: The largest number of anchors selected in an image, before negatives are limited; 0 for no limit.
        iou_threshold: An anchor is dropped if its box overlaps a selected one by more than this IoU.
        negatives_per_positive: If above 0, an image keeps its selected positives and, of its selected
            negatives, the hardest: this many per positive, at least `min_negatives`. Ignored anchors are
            dropped.
        min_negatives: The smallest limit of negatives per image.
    """

    loss: MinedLoss
    count: int
    iou_threshold: Any
    negatives_per_positive: Any
    min_negatives: Any

    @classmethod
    def of(cls, message: pb.HardExampleMiner, values: Mapping[str, Any]) -> "HardExampleMiner":
        """Return the miner of a config with its dynamic values."""
        return cls(
            MinedLoss[pb.HardExampleMiner.LossType.Name(message.loss_type)],
            message.num_hard_examples,
            values["miner_iou_threshold"],
            values["miner_negatives_per_positive"],
            values["miner_min_negatives"],
        )

    def __call__(self, localization: Any, classification: Any, boxes_yxyx: Any, match: Any) -> Any:
        """Return which anchors are selected, bool `[batch, anchors]`.

        Anchors are visited in the order of decreasing loss, with ties in the order of their indices. There is
        no gradient.

        Args:
            localization: The weighted localisation loss `[batch, anchors]`.
            classification: The weighted classification loss `[batch, anchors]`.
            boxes_yxyx: The decoded boxes `[batch, anchors, 4]`.
            match: The result of the matcher `[batch, anchors]`.
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
        """Return the selected anchors, in the order of their rank, without the excess negatives."""
        ratio = ops.convert_to_tensor(self.negatives_per_positive)
        positive = ops.logical_and(chosen, match >= 0)
        negative = ops.logical_and(chosen, ops.equal(match, NEGATIVE))
        positives = ops.sum(ops.cast(positive, "float32"), axis=1, keepdims=True)
        limit = ops.maximum(ratio * positives, ops.convert_to_tensor(self.min_negatives))
        hardest = ops.logical_and(negative, ops.cumsum(ops.cast(negative, "float32"), axis=1) <= limit)
        return ops.where(ratio > 0.0, ops.logical_or(positive, hardest), chosen)
