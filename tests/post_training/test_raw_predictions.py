"""Raw predictions: what is kept of them, and their file."""

from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.post_training.predict import (
    BEST_OF_A_CLASS,
    LARGEST_BYTES,
    LEAST_OF_A_CLASS,
    kept_of_a_class,
)
from sweepbox.detection.post_training.raw_predictions import RawPredictions, keep_best


@pytest.fixture
def predictions() -> RawPredictions:
    random = np.random.default_rng(1)
    return RawPredictions(
        random.random((3, 5, 4), np.float32),
        random.random((3, 5, 2), np.float32),
        np.array([[4, 5], [6, 7], [8, 9]], np.int32),
        np.full((3, 2), -np.inf, np.float32),
    )


def assert_equal(one: RawPredictions, other: RawPredictions) -> None:
    for name in ("boxes_yxyx", "scores", "true_sizes", "cuts"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert getattr(one, name).dtype == getattr(other, name).dtype


def test_the_best_of_each_class_are_kept_in_their_order() -> None:
    # column 0 is the background
    scores = np.array([[0, 0.1, 0.9], [1, 0.2, 0.2], [0, 0.8, 0.1], [1, 0.3, 0.3]], np.float32)
    boxes = np.arange(16, dtype=np.float32).reshape(4, 4)
    kept_boxes, kept_scores, cuts = keep_best(boxes, scores, first_class=1, count=1)
    np.testing.assert_array_equal(kept_scores, scores[[0, 2]])
    np.testing.assert_array_equal(kept_boxes, boxes[[0, 2]])
    np.testing.assert_allclose(cuts, [1, 0.3, 0.3])
    _, kept_scores, cuts = keep_best(boxes, scores, first_class=1, count=4)
    assert len(kept_scores) == 4
    assert np.isneginf(cuts).all()


def test_many_images_keep_fewer_anchors() -> None:
    assert kept_of_a_class(116, 12_804, 3) == BEST_OF_A_CLASS
    fewer = kept_of_a_class(5_000, 51_150, 90)
    assert LEAST_OF_A_CLASS <= fewer < BEST_OF_A_CLASS
    fits = kept_of_a_class(5_000, 51_150, 3)
    assert 5_000 * fits * 3 * 4 * 7 <= LARGEST_BYTES


def test_batches_have_one_shape(predictions: RawPredictions) -> None:
    first, last = predictions.batches(2)
    assert first.scores.shape == last.scores.shape == (2, 5, 2)
    np.testing.assert_array_equal(first.scores, predictions.scores[:2])
    np.testing.assert_array_equal(last.boxes_yxyx[0], predictions.boxes_yxyx[2])
    assert np.isneginf(last.scores[1]).all()


def test_the_file(predictions: RawPredictions, tmp_path: Path) -> None:
    path = tmp_path / "predictions" / "0001.arrow"
    assert RawPredictions.load(path, "key") is None
    predictions.save(path, "key")
    loaded = RawPredictions.load(path, "key")
    assert loaded is not None
    assert_equal(loaded, predictions)
    assert RawPredictions.load(path, "another") is None
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(DataError, match="the saved predictions are damaged"):
        RawPredictions.load(path, "key")


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match=r"true_sizes has shape \(1, 2\)"):
        RawPredictions(*(np.zeros(shape, np.float32) for shape in ((2, 5, 4), (2, 5, 3), (1, 2), (2, 3))))
