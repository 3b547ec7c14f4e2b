import numpy as np
import pytest

from sweepbox.detection.model.ranked_suppression import BLOCK, ranked_suppression


def _one_by_one(boxes: np.ndarray, count: int, threshold: float) -> np.ndarray:
    """Suppress boxes one at a time, by definition."""
    kept: list[int] = []
    for index, box in enumerate(boxes):
        low = np.maximum(boxes[kept, :2], box[:2])
        high = np.minimum(boxes[kept, 2:], box[2:])
        intersection = np.prod(np.maximum(high - low, 0), axis=1)
        areas = np.prod(boxes[[*kept, index], 2:] - boxes[[*kept, index], :2], axis=1)
        union = areas[:-1] + areas[-1] - intersection
        if len(kept) < count and not (intersection > threshold * union).any():
            kept.append(index)
    return np.isin(np.arange(len(boxes)), kept)


@pytest.mark.parametrize("count", [1, 7, 300, 10_000])
@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.9, 1.0])
def test_blockwise_suppression_equals_sequential_suppression(count: int, threshold: float) -> None:
    generator = np.random.default_rng(3)
    corners = generator.random((2, 2 * BLOCK + 17, 2))
    boxes = np.concatenate([corners, corners + generator.uniform(0.02, 0.3, corners.shape)], axis=2)
    boxes[:, 5::9] = boxes[:, 4::9][:, : boxes[:, 5::9].shape[1]]
    boxes = boxes.astype(np.float32)
    kept = np.asarray(ranked_suppression(boxes, count=min(count, boxes.shape[1]), iou_threshold=threshold))
    expected = np.stack([_one_by_one(image, count, threshold) for image in boxes.astype(np.float64)])
    np.testing.assert_array_equal(kept, expected)


def test_long_chain_of_overlaps_keeps_every_second_box() -> None:
    left = np.arange(BLOCK + 5, dtype=np.float32)
    boxes = np.stack([0 * left, left, 0 * left + 1, left + 1.5], axis=1)[None]
    kept = np.asarray(ranked_suppression(boxes, count=BLOCK, iou_threshold=0.1))[0]
    np.testing.assert_array_equal(kept, np.arange(len(left)) % 2 == 0)
