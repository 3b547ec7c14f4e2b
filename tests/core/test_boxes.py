import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sweepbox.detection.core import boxes

UNIT = st.floats(0, 1, width=32)


def box_arrays(count: int = 4) -> st.SearchStrategy[np.ndarray]:
    corners = arrays(np.float32, (count, 2, 2), elements=UNIT)
    return corners.map(lambda value: np.sort(value, axis=1).reshape(-1, 4))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([0, 0, 1, 1], [0, 0, 1, 1], 1.0),
        ([0, 0, 1, 1], [0, 1, 1, 2], 0.0),  # touching
        ([0, 0, 2, 2], [1, 1, 3, 3], 1 / 7),
        ([0, 0, 0, 0], [0, 0, 0, 0], 0.0),  # empty
        ([0, 0, 1, 1], [5, 5, 6, 6], 0.0),
        ([0, 0, 4, 4], [1, 1, 3, 3], 0.25),
    ],
)
def test_iou(first: list[float], second: list[float], expected: float) -> None:
    assert boxes.pairwise_iou(np.array([first], float), np.array([second], float))[0, 0] == pytest.approx(
        expected
    )


@given(box_arrays(), box_arrays())
def test_iou_is_symmetric_and_bounded(first: np.ndarray, second: np.ndarray) -> None:
    one, other = boxes.pairwise_iou(first, second), boxes.pairwise_iou(second, first)
    np.testing.assert_array_equal(one, other.T)
    assert one.min() >= 0
    assert one.max() <= 1 + 1e-6


def test_inverted_box_has_zero_area() -> None:
    np.testing.assert_array_equal(boxes.area(np.array([[1.0, 1.0, 0.0, 2.0]])), [0.0])


def test_clip_moves_outside_box_to_the_edge() -> None:
    clipped = boxes.clip(np.array([[0.2, 0.2, 1.4, 0.5], [2.0, 2.0, 3.0, 3.0]]), np.array([0.0, 0.0, 1.0, 1.0]))
    np.testing.assert_allclose(clipped, [[0.2, 0.2, 1.0, 0.5], [1.0, 1.0, 1.0, 1.0]])


def test_change_frame_maps_the_window_to_the_unit_square() -> None:
    window = np.array([0.25, 0.5, 0.75, 1.0])
    np.testing.assert_allclose(boxes.change_frame(window[None], window), [[0, 0, 1, 1]])
