"""Training targets of the anchors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.model.box_coder import BoxCoder
from sweepbox.detection.model.matcher import NEGATIVE, ArgmaxMatcher, pairwise_iou

NO_COLUMN = -1
"""The class column of an anchor whose class targets are all zero."""


@dataclass(frozen=True)
class Targets:
    """The targets of a batch.

    Attributes:
        match: int32 `[batch, anchors]`, the index of the matched box, NEGATIVE or IGNORED.
        codes: `[batch, anchors, 4]`, box codes, 0 for unmatched anchors.
        box_weights: `[batch, anchors]`, the weight of the box, 0 for unmatched anchors.
        columns: int32 `[batch, anchors]`, the class column whose target is 1, NO_COLUMN for none.
        class_weights: `[batch, anchors]`, the weight of the box for matched anchors, the negative weight for
            negative anchors, 0 for ignored anchors.
    """

    match: Any
    codes: Any
    box_weights: Any
    columns: Any
    class_weights: Any


@dataclass(frozen=True)
class TargetAssigner:
    """Assigns targets to anchors.

    Attributes:
        matcher: Matches anchors with boxes.
        coder: Encodes boxes.
        negative_weight: The class weight of negative anchors; may be a Keras variable.
        first_class_column: 1 if there is a background column, else 0.
        unmatched_column: The column whose target is 1 for unmatched anchors (the background), or NO_COLUMN.
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
        """Return the targets for boxes `[batch, boxes, 4]`, 0-based class ids and weights `[batch, boxes]`.

        A box with weight 0 has no forced match, so padding with empty boxes of weight 0 has no effect.
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
    """Convert indices `[batch, anchors]` into each image's boxes to indices into all boxes of the batch."""
    return indices + ops.arange(ops.shape(indices)[0])[:, None] * boxes


def _rows_of(values: Any, rows: Any, *trailing: int) -> Any:
    """Return the rows `[batch, anchors, ...]` of values `[batch, boxes, ...]`."""
    return ops.take(ops.reshape(values, (-1, *trailing)), rows, axis=0)
