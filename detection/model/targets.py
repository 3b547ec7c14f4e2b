"""What the network should have said of each anchor."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.model.box_coder import BoxCoder
from sweepbox.detection.model.matcher import NEGATIVE, ArgmaxMatcher, pairwise_iou

NO_COLUMN = -1
"""The class column of an anchor whose target row is all zero."""


@dataclass(frozen=True)
class Targets:
    """Targets of a batch.

    `match` int32 `[batch, anchors]`: box index, or the matcher's NEGATIVE or IGNORED. `codes` `[batch, anchors,
    4]`: box codes, 0 where unmatched. `box_weights` `[batch, anchors]`: the box's weight, 0 where unmatched.
    `columns` int32 `[batch, anchors]`: the class column that should be 1, NO_COLUMN for none. `class_weights`
    `[batch, anchors]`: the box's weight where matched, the negative weight where negative, 0 where ignored.
    """

    match: Any
    codes: Any
    box_weights: Any
    columns: Any
    class_weights: Any


@dataclass(frozen=True)
class TargetAssigner:
    """Assigns targets; `first_class_column` is 1 behind a background column, else 0.

    `unmatched_column` is the column that is 1 for unmatched anchors (the background's), or NO_COLUMN.
    `negative_weight` may be a Keras variable.
    """

    matcher: ArgmaxMatcher
    coder: BoxCoder
    negative_weight: Any
    first_class_column: int
    unmatched_column: int

    @classmethod
    def of(cls, ssd: pb.Ssd, values: Mapping[str, Any], coder: BoxCoder) -> "TargetAssigner":
        """Return the assigner of a config with its dynamic values."""
        message = ssd.matcher.argmax_matcher
        has_background = ssd.add_background_class
        return cls(
            ArgmaxMatcher.of(message, values["matched_threshold"], values["unmatched_threshold"]),
            coder,
            values["negative_class_weight"],
            first_class_column=int(has_background),
            unmatched_column=0 if has_background and not ssd.encode_background_as_zeros else NO_COLUMN,
        )

    def __call__(self, anchors: Any, boxes_yxyx: Any, class_ids: Any, weights: Any) -> Targets:
        """Return the targets of boxes `[batch, boxes, 4]`, 0-based classes and weights `[batch, boxes]`.

        A box of weight 0 claims no anchor, so padding with empty boxes of weight 0 changes nothing.
        """
        match = self.matcher(pairwise_iou(boxes_yxyx, anchors), weights > 0.0)
        matched = match >= 0
        rows = _flat_rows(ops.maximum(match, 0), boxes_yxyx.shape[1])
        codes = self.coder.encode(_rows_of(boxes_yxyx, rows, 4), anchors)
        box_weights = ops.where(matched, _rows_of(weights, rows), 0.0)
        columns = ops.cast(_rows_of(class_ids, rows), "int32") + self.first_class_column
        negative_weight = ops.where(match == NEGATIVE, ops.convert_to_tensor(self.negative_weight), 0.0)
        return Targets(
            match=match,
            codes=ops.where(matched[:, :, None], codes, 0.0),
            box_weights=box_weights,
            columns=ops.where(matched, columns, self.unmatched_column),
            class_weights=ops.where(matched, box_weights, negative_weight),
        )


def _flat_rows(indices: Any, boxes: int) -> Any:
    """Return indices `[batch, anchors]` into each image's boxes as indices into those of the whole batch."""
    return indices + ops.arange(ops.shape(indices)[0])[:, None] * boxes


def _rows_of(values: Any, rows: Any, *trailing: int) -> Any:
    """Return the rows `[batch, anchors, ...]` of values `[batch, boxes, ...]`."""
    return ops.take(ops.reshape(values, (-1, *trailing)), rows, axis=0)
