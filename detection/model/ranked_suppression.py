"""Greedy suppression of many ranked boxes at a time, where thousands may be kept.

`detection.model.nms` visits one box after another, which suits a hundred detections; here a block of boxes is
settled at once, so that a thousand kept boxes take a handful of passes.
"""

from typing import Any

from keras import ops

from sweepbox.detection.model.matcher import pairwise_iou

BLOCK = 256
"""How many boxes are settled in one pass."""


def ranked_suppression(boxes_yxyx: Any, *, count: int, iou_threshold: Any) -> Any:
    """Return which boxes are kept, bool `[batch, boxes]`: at most `count` in each image.

    Boxes `[batch, boxes, 4]` come in the order in which they are visited. A box is kept unless one kept before
    overlaps it by more than the threshold. The result equals that of a visit one by one.
    """
    boxes = boxes_yxyx.shape[1]
    blocks = -(-boxes // BLOCK)
    padded = ops.pad(boxes_yxyx, ((0, 0), (0, blocks * BLOCK - boxes), (0, 0)))
    by_block = ops.transpose(ops.reshape(padded, (-1, blocks, BLOCK, 4)), (1, 0, 2, 3))
    is_box = ops.reshape(ops.arange(blocks * BLOCK) < boxes, (blocks, 1, BLOCK))
    threshold = ops.convert_to_tensor(iou_threshold)
    batch = ops.shape(boxes_yxyx)[0]

    def keep_going(block: Any, kept: Any, kept_boxes: Any, number: Any) -> Any:  # noqa: ARG001 - the loop's state
        return ops.logical_and(block < blocks, ops.any(number < count))

    def settle(block: Any, kept: Any, kept_boxes: Any, number: Any) -> tuple[Any, Any, Any, Any]:
        here = ops.take(by_block, block, axis=0)
        beaten = ops.any(pairwise_iou(here, kept_boxes[:, :count]) > threshold, axis=2)
        alive = ops.logical_and(ops.take(is_box, block, axis=0), ops.logical_not(beaten))
        stays = _visited(alive, pairwise_iou(here, here) > threshold)
        place = number[:, None] + ops.cumsum(ops.cast(stays, "int32"), axis=1)
        stays = ops.logical_and(stays, place <= count)
        kept = ops.logical_or(kept, ops.logical_and(stays[:, None], _is_at(block, blocks)))
        kept_boxes = _stored(kept_boxes, here, ops.where(stays, place - 1, count))
        return block + 1, kept, kept_boxes, number + ops.sum(ops.cast(stays, "int32"), axis=1)

    start = (
        ops.convert_to_tensor(0, "int32"),
        ops.zeros((batch, blocks, BLOCK), "bool"),
        ops.zeros((batch, count + 1, 4), "float32"),
        ops.zeros((batch,), "int32"),
    )
    _, kept, _, _ = ops.while_loop(keep_going, settle, start, maximum_iterations=blocks)
    return ops.reshape(kept, (-1, blocks * BLOCK))[:, :boxes]


def _is_at(block: Any, blocks: int) -> Any:
    """Return bool `[1, blocks, 1]`, true at one block."""
    return ops.equal(ops.arange(blocks), block)[None, :, None]


def _visited(alive: Any, overlaps: Any) -> Any:
    """Return which of the boxes that are alive a visit one by one keeps, bool `[batch, block]`.

    `overlaps` is bool `[batch, block, block]`. Whoever no kept box before it overlaps is kept: repeated until
    nothing changes, which settles at least one more box each time.
    """
    earlier = ops.arange(BLOCK)[None, :] < ops.arange(BLOCK)[:, None]
    by_earlier = ops.logical_and(overlaps, earlier)

    def changes(kept: Any, before: Any) -> Any:
        return ops.any(ops.not_equal(kept, before))

    def again(kept: Any, before: Any) -> tuple[Any, Any]:  # noqa: ARG001 - the loop's state
        beaten = ops.any(ops.logical_and(by_earlier, kept[:, None, :]), axis=2)
        return ops.logical_and(alive, ops.logical_not(beaten)), kept

    kept, _ = ops.while_loop(changes, again, again(alive, alive), maximum_iterations=BLOCK)
    return kept


def _stored(kept_boxes: Any, boxes: Any, places: Any) -> Any:
    """Return the buffer `[batch, size, 4]` with boxes `[batch, block, 4]` at places `[batch, block]`."""
    batch, size = ops.shape(kept_boxes)[0], kept_boxes.shape[1]
    rows = ops.reshape(ops.arange(batch)[:, None] * size + places, (-1, 1))
    flat = ops.scatter_update(ops.reshape(kept_boxes, (-1, 4)), rows, ops.reshape(boxes, (-1, 4)))
    return ops.reshape(flat, (-1, size, 4))
