"""Greedy non-maximum suppression over many independent sets of boxes at once."""

from typing import Any

from keras import ops

NOTHING = float("-inf")
"""The score of a place that holds no detection."""

PRESELECTED = 1024
"""How many best candidates are looked at first; all of them only where these do not suffice."""


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

    `boxes_yxyx` is `[sets, boxes, 4]`, `scores` `[sets, boxes]`. As TensorFlow's NonMaxSuppressionV5:
    candidates score strictly above the threshold (NaN never does), a kept box suppresses those that overlap it
    by more than `iou_threshold`, boxes without area overlap nothing, the lower index wins among equal scores.

    With `sigma` (soft suppression, Bodla et al. 2017, arXiv:1704.04503) a kept box instead multiplies the
    others' scores by exp(-iou² / (2 sigma)), and those that no longer exceed the threshold fall out;
    `iou_threshold` has no effect then. The returned scores are the lowered ones.

    Places left over have index 0 and the score NOTHING.
    """
    threshold = ops.convert_to_tensor(score_threshold)
    candidates = ops.where(scores > threshold, scores, NOTHING)
    limits = {
        "score_threshold": threshold,
        "iou_threshold": ops.convert_to_tensor(iou_threshold),
        "sigma": sigma,
    }
    if sigma is not None or boxes_yxyx.shape[1] <= PRESELECTED:
        return _greedy(boxes_yxyx, candidates, count=count, **limits)
    best_scores, best = ops.top_k(candidates, PRESELECTED)
    kept, kept_scores = _greedy(_rows(boxes_yxyx, best), best_scores, count=count, **limits)
    indices = ops.where(kept_scores > NOTHING, ops.take_along_axis(best, kept, axis=1), 0)
    unfinished = ops.logical_and(kept_scores[:, -1] == NOTHING, best_scores[:, -1] > NOTHING)
    return ops.cond(  # type: ignore[no-any-return]
        ops.any(unfinished),
        lambda: _greedy(boxes_yxyx, candidates, count=count, **limits),
        lambda: (indices, kept_scores),
    )


def _greedy(
    boxes_yxyx: Any, candidates: Any, *, count: int, score_threshold: Any, iou_threshold: Any, sigma: Any | None
) -> tuple[Any, Any]:
    """Return (indices, scores) `[sets, count]`; candidates out of the running have the score NOTHING."""
    sets, size = ops.shape(candidates)[0], candidates.shape[1]
    corners = [boxes_yxyx[:, :, side] for side in range(4)]
    flat_boxes = ops.reshape(boxes_yxyx, (-1, 4))
    first_rows = ops.arange(sets) * size
    numbers, places = ops.arange(size)[None, :], ops.arange(count)[None, :]

    def keep_going(step: Any, alive: Any, kept: Any, kept_scores: Any) -> Any:  # noqa: ARG001 - the loop's state
        return ops.logical_and(step < count, ops.any(alive > NOTHING))

    def pick(step: Any, alive: Any, kept: Any, kept_scores: Any) -> tuple[Any, Any, Any, Any]:
        best, best_score = ops.argmax(alive, axis=1), ops.max(alive, axis=1)
        overlap = _iou(ops.take(flat_boxes, first_rows + best, axis=0), corners)
        gone = numbers == best[:, None]
        if sigma is None:
            # Not "exceeds": the IoU of two boxes of infinite size is NaN, and only one of them may stay.
            gone = ops.logical_or(ops.logical_not(overlap <= iou_threshold), gone)
        alive = ops.where(gone, NOTHING, _lowered(alive, overlap, score_threshold, sigma))
        here = ops.logical_and(places == step, best_score[:, None] > NOTHING)
        kept = ops.where(here, best[:, None], kept)
        return step + 1, alive, kept, ops.where(here, best_score[:, None], kept_scores)

    start = (0, candidates, ops.zeros((sets, count), "int32"), ops.full((sets, count), NOTHING, "float32"))
    _, _, kept, kept_scores = ops.while_loop(keep_going, pick, start, maximum_iterations=count)
    return kept, kept_scores


def _lowered(scores: Any, overlap: Any, score_threshold: Any, sigma: Any | None) -> Any:
    """Return scores after soft suppression; as they are without it."""
    if sigma is None:
        return scores
    lowered = scores * ops.exp(overlap * overlap * (-0.5 / sigma))
    return ops.where(lowered > score_threshold, lowered, NOTHING)


def _iou(boxes_yxyx: Any, corners: list[Any]) -> Any:
    """Return the IoU `[sets, boxes]` of one box of each set `[sets, 4]` with all, given by their corners."""
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
