import numpy as np
import pytest
import tensorflow as tf

from sweepbox.detection.model.nms import NOTHING, PRESELECTED, non_max_suppression


def _boxes(random: np.random.Generator, sets: int, count: int, spread: float) -> np.ndarray:
    centre = random.uniform(0.5 - spread, 0.5 + spread, (sets, count, 2))
    half = random.uniform(0.02, 0.2, (sets, count, 2))
    return np.concatenate([centre - half, centre + half], axis=2).astype(np.float32)


def _check(boxes: np.ndarray, scores: np.ndarray, count: int, *, limits: tuple[float, float, float]) -> None:
    """Compare with TensorFlow's operation for each image; limits are score threshold, IoU threshold, sigma."""
    threshold, iou, sigma = limits
    indices, kept = (
        np.asarray(value)
        for value in non_max_suppression(
            boxes, scores, count=count, score_threshold=threshold, iou_threshold=iou, sigma=sigma or None
        )
    )
    for row in range(len(boxes)):
        expected, expected_scores = tf.image.non_max_suppression_with_scores(
            boxes[row], scores[row], count, iou, threshold, sigma
        )
        found = len(expected)
        np.testing.assert_array_equal(indices[row, :found], expected)
        np.testing.assert_allclose(kept[row, :found], expected_scores, rtol=1e-5)
        assert (kept[row, found:] == NOTHING).all()


@pytest.mark.parametrize("sigma", [0.0, 0.5])
@pytest.mark.parametrize(("threshold", "iou"), [(0.0, 0.5), (0.4, 0.3), (0.9, 0.7), (-1.0, 0.0), (0.2, 1.0)])
def test_equals_the_tensorflow_operation(threshold: float, iou: float, sigma: float) -> None:
    random = np.random.default_rng(3)
    scores = random.uniform(0, 1, (4, 60)).astype(np.float32)
    _check(_boxes(random, 4, 60, 0.3), scores, 20, limits=(threshold, iou, sigma))


def test_best_candidates_fill_the_limit() -> None:
    random = np.random.default_rng(5)
    size = 3 * PRESELECTED
    _check(
        _boxes(random, 2, size, 0.4),
        random.uniform(0, 1, (2, size)).astype(np.float32),
        20,
        limits=(0.1, 0.5, 0.0),
    )


def test_best_candidates_do_not_fill_the_limit() -> None:
    random = np.random.default_rng(7)
    size = PRESELECTED + 200
    boxes, scores = _boxes(random, 2, size, 0.4), random.uniform(0.5, 1, (2, size)).astype(np.float32)
    boxes[0, : PRESELECTED + 100] = boxes[0, 0]
    scores[0, PRESELECTED + 100 :] *= 0.5
    _check(boxes, scores, 20, limits=(0.1, 0.5, 0.0))


def test_equal_scores_are_ordered_by_index() -> None:
    boxes = np.array([[[0, 0, 1, 1], [0, 0, 1, 0.9], [2, 2, 3, 3], [2, 2, 3, 3]]], np.float32)
    indices, _ = non_max_suppression(
        boxes, np.full((1, 4), 0.5, np.float32), count=3, score_threshold=0.1, iou_threshold=0.5
    )
    assert np.asarray(indices).tolist() == [[0, 2, 0]]


def test_boxes_without_area_suppress_nothing() -> None:
    boxes, scores = np.zeros((1, 3, 4), np.float32), np.array([[0.3, 0.2, 0.1]], np.float32)
    indices, kept = non_max_suppression(boxes, scores, count=5, score_threshold=0.1, iou_threshold=0.0)
    assert np.asarray(indices)[0, :2].tolist() == [0, 1]
    assert (np.asarray(kept)[0, 2:] == NOTHING).all()
