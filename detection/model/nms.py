"""Greedy non-maximum suppression of many independent sets of boxes at once."""

from typing import Any

from keras import ops

EMPTY_SCORE = float("-inf")
"""The score of an empty slot."""

PRESELECTED = 1024
"""The number of best candidates that are tried first; all candidates are used only if these are not enough."""


def non_max_suppression(
    boxes_yxyx: Any,
    scores: Any,
    *,
    count: int,
    score_threshold: Any,
    iou_threshold: Any,
    sigma: Any | None = None,
) -> tuple[Any, Any]:
    """Return (indices int32, scores) `[sets, count]` of the boxes kept in each set, best first.

    It is equivalent to TensorFlow's NonMaxSuppressionV5. Ties are resolved by the lower index, and boxes
    without area overlap nothing. Unused slots have index 0 and the score EMPTY_SCORE.

    Args:
        boxes_yxyx: The boxes `[sets, boxes, 4]`.
        scores: The scores `[sets, boxes]`.
        count: The largest number of boxes kept in a set.
        score_threshold: Candidates are boxes with a score strictly above it; NaN is never above it.
        iou_threshold: A kept box suppresses the boxes that overlap it by more than this IoU. It has no effect
            with `sigma`.
        sigma: Use soft suppression (Bodla et al. 2017, arXiv:1704.04503): a kept box multiplies the scores of
            the others by exp(-iou² / (2 sigma)), and boxes that are no longer above the threshold are removed.
            The reduced scores are returned.
    """
    threshold = ops.convert_to_tensor(score_threshold)
    candidates = ops.where(scores > threshold, scores, EMPTY_SCORE)
    limits = {
        "score_threshold": threshold,
        "iou_threshold": ops.convert_to_tensor(iou_threshold),
        "sigma": sigma,
    }
    if sigma is not None or boxes_yxyx.shape[1] <= PRESELECTED:
        return _greedy(boxes_yxyx, candidates, count=count, **limits)
    best_scores, best = ops.top_k(candidates, PRESELECTED)
    kept, kept_scores = _greedy(_rows(boxes_yxyx, best), best_scores, count=count, **limits)
    indices = ops.where(kept_scores > EMPTY_SCORE, ops.take_along_axis(best, kept, axis=1), 0)
    unfinished = ops.logical_and(kept_scores[:, -1] == EMPTY_SCORE, best_scores[:, -1] > EMPTY_SCORE)
    return ops.cond(  # type: ignore[no-any-return]
        ops.any(unfinished),
        lambda: _greedy(boxes_yxyx, candidates, count=count, **limits),
        lambda: (indices, kept_scores),
    )


def _greedy(
    boxes_yxyx: Any, candidates: Any, *, count: int, score_threshold: Any, iou_threshold: Any, sigma: Any | None
) -> tuple[Any, Any]:
    """Return (indices, scores) `[sets, count]`; boxes that are not candidates have the score EMPTY_SCORE."""
    sets, size = ops.shape(candidates)[0], candidates.shape[1]
    corners = [boxes_yxyx[:, :, side] for side in range(4)]
    flat_boxes = ops.reshape(boxes_yxyx, (-1, 4))
    first_rows = ops.arange(sets) * size
    numbers, slots = ops.arange(size)[None, :], ops.arange(count)[None, :]

    def continues(step: Any, remaining: Any, kept: Any, kept_scores: Any) -> Any:  # noqa: ARG001 - loop state
        return ops.logical_and(step < count, ops.any(remaining > EMPTY_SCORE))

    def select(step: Any, remaining: Any, kept: Any, kept_scores: Any) -> tuple[Any, Any, Any, Any]:
        best, best_score = ops.argmax(remaining, axis=1), ops.max(remaining, axis=1)
        overlap = _iou(ops.take(flat_boxes, first_rows + best, axis=0), corners)
        removed = numbers == best[:, None]
        if sigma is None:
            # Not `overlap > iou_threshold`: the IoU of two infinite boxes is NaN, and only one may be kept.
            removed = ops.logical_or(ops.logical_not(overlap <= iou_threshold), removed)
        reduced = _reduced_scores(remaining, overlap, score_threshold, sigma)
        remaining = ops.where(removed, EMPTY_SCORE, reduced)
        is_slot = ops.logical_and(slots == step, best_score[:, None] > EMPTY_SCORE)
        kept = ops.where(is_slot, best[:, None], kept)
        return step + 1, remaining, kept, ops.where(is_slot, best_score[:, None], kept_scores)

    empty_scores = ops.full((sets, count), EMPTY_SCORE, "float32")
    start = (0, candidates, ops.zeros((sets, count), "int32"), empty_scores)
    _, _, kept, kept_scores = ops.while_loop(continues, select, start, maximum_iterations=count)
    return kept, kept_scores


def _reduced_scores(scores: Any, overlap: Any, score_threshold: Any, sigma: Any | None) -> Any:
    """Return the scores after soft suppression, or unchanged if `sigma` is None."""
    if sigma is None:
        return scores
    reduced = scores * ops.exp(overlap * overlap * (-0.5 / sigma))
    return ops.where(reduced > score_threshold, reduced, EMPTY_SCORE)


def _iou(boxes_yxyx: Any, corners: list[Any]) -> Any:
    """Return the IoU `[sets, boxes]` of one box per set `[sets, 4]` with all boxes, given by their corners."""
    top, left, bottom, right = (boxes_yxyx[:, side, None] for side in range(4))
    height = ops.maximum(ops.minimum(bottom, corners[2]) - ops.maximum(top, corners[0]), 0.0)
    width = ops.maximum(ops.minimum(right, corners[3]) - ops.maximum(left, corners[1]), 0.0)
    intersection = height * width
    areas = (corners[2] - corners[0]) * (corners[3] - corners[1])
    union = (bottom - top) * (right - left) + areas - intersection
    return ops.where(intersection > 0.0, intersection / ops.where(intersection > 0.0, union, 1.0), 0.0)


def _rows(values: Any, indices: Any) -> Any:
    """Return the rows `[sets, k, 4]` of values `[sets, boxes, 4]` at indices `[sets, k]`."""
    sets, boxes = ops.shape(values)[0], values.shape[1]
    return ops.take(ops.reshape(values, (-1, 4)), ops.arange(sets)[:, None] * boxes + indices, axis=0)
