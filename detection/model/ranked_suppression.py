"""Greedy suppression of ranked boxes in blocks, for thousands of kept boxes.

`detection.model.nms` processes one box at a time, which is suitable for a hundred detections. Here a block of
boxes is processed at once, so that keeping a thousand boxes takes only a few passes.
"""

from typing import Any

from keras import ops

from sweepbox.detection.model.matcher import pairwise_iou

BLOCK = 256
"""The number of boxes processed in one pass."""


def ranked_suppression(boxes_yxyx: Any, *, count: int, iou_threshold: Any) -> Any:
    """Return which boxes are kept, bool `[batch, boxes]`.

    A box is kept unless a kept box before it overlaps it by more than the threshold. The result is the same as
    when boxes are processed one at a time.

    Args:
        boxes_yxyx: The boxes `[batch, boxes, 4]`, in the order of their rank.
        count: The largest number of boxes kept in an image.
        iou_threshold: The IoU above which a box is suppressed.
    """
    boxes = boxes_yxyx.shape[1]
    blocks = -(-boxes // BLOCK)
    padded = ops.pad(boxes_yxyx, ((0, 0), (0, blocks * BLOCK - boxes), (0, 0)))
    by_block = ops.transpose(ops.reshape(padded, (-1, blocks, BLOCK, 4)), (1, 0, 2, 3))
    is_box = ops.reshape(ops.arange(blocks * BLOCK) < boxes, (blocks, 1, BLOCK))
    threshold = ops.convert_to_tensor(iou_threshold)
    batch = ops.shape(boxes_yxyx)[0]

    def continues(block: Any, kept: Any, kept_boxes: Any, number: Any) -> Any:  # noqa: ARG001 - loop state
        return ops.logical_and(block < blocks, ops.any(number < count))

    def process_block(block: Any, kept: Any, kept_boxes: Any, number: Any) -> tuple[Any, Any, Any, Any]:
        block_boxes = ops.take(by_block, block, axis=0)
        suppressed = ops.any(pairwise_iou(block_boxes, kept_boxes[:, :count]) > threshold, axis=2)
        candidates = ops.logical_and(ops.take(is_box, block, axis=0), ops.logical_not(suppressed))
        selected = _kept_of_block(candidates, pairwise_iou(block_boxes, block_boxes) > threshold)
        rank = number[:, None] + ops.cumsum(ops.cast(selected, "int32"), axis=1)
        selected = ops.logical_and(selected, rank <= count)
        kept = ops.logical_or(kept, ops.logical_and(selected[:, None], _is_at(block, blocks)))
        kept_boxes = _stored(kept_boxes, block_boxes, ops.where(selected, rank - 1, count))
        return block + 1, kept, kept_boxes, number + ops.sum(ops.cast(selected, "int32"), axis=1)

    start = (
        ops.convert_to_tensor(0, "int32"),
        ops.zeros((batch, blocks, BLOCK), "bool"),
        ops.zeros((batch, count + 1, 4), "float32"),
        ops.zeros((batch,), "int32"),
    )
    _, kept, _, _ = ops.while_loop(continues, process_block, start, maximum_iterations=blocks)
    return ops.reshape(kept, (-1, blocks * BLOCK))[:, :boxes]


def _is_at(block: Any, blocks: int) -> Any:
    """Return bool `[1, blocks, 1]`, true at index `block`."""
    return ops.equal(ops.arange(blocks), block)[None, :, None]


def _kept_of_block(candidates: Any, overlaps: Any) -> Any:
    """Return which candidates of a block are kept, bool `[batch, block]`.

    `overlaps` is bool `[batch, block, block]`. A candidate is kept if no kept box before it overlaps it. This
    rule is applied until the result does not change; each iteration determines at least one more box.
    """
    earlier = ops.arange(BLOCK)[None, :] < ops.arange(BLOCK)[:, None]
    by_earlier = ops.logical_and(overlaps, earlier)

    def changes(kept: Any, before: Any) -> Any:
        return ops.any(ops.not_equal(kept, before))

    def apply_rule(kept: Any, before: Any) -> tuple[Any, Any]:  # noqa: ARG001 - loop state
        suppressed = ops.any(ops.logical_and(by_earlier, kept[:, None, :]), axis=2)
        return ops.logical_and(candidates, ops.logical_not(suppressed)), kept

    start = apply_rule(candidates, candidates)
    kept, _ = ops.while_loop(changes, apply_rule, start, maximum_iterations=BLOCK)
    return kept


def _stored(kept_boxes: Any, boxes: Any, positions: Any) -> Any:
    """Return the buffer `[batch, size, 4]` with boxes `[batch, block, 4]` at positions `[batch, block]`."""
    batch, size = ops.shape(kept_boxes)[0], kept_boxes.shape[1]
    rows = ops.reshape(ops.arange(batch)[:, None] * size + positions, (-1, 1))
    flat = ops.scatter_update(ops.reshape(kept_boxes, (-1, 4)), rows, ops.reshape(boxes, (-1, 4)))
    return ops.reshape(flat, (-1, size, 4))
