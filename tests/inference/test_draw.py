import numpy as np
import pytest

from sweepbox.detection.core.boxes import pairwise_intersection
from sweepbox.detection.core.detections import Detections
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.inference.draw import draw_detections, draw_objects
from sweepbox.detection.inference.label_layout import LabelLayout
from sweepbox.detection.inference.legend import emptiest_corner
from sweepbox.detection.inference.palette import PALETTE, colour_of, relative_luminance, text_colour_on

LABELS = LabelMap.of(("with_mask", "without_mask"))
GREY = np.full((200, 300, 3), 128, np.uint8)


def _found(boxes: list[list[float]], scores: list[float], class_ids: list[int]) -> Detections:
    shaped = np.array(boxes, np.float32).reshape(-1, 4)
    return Detections(shaped, np.array(scores, np.float32), np.array(class_ids, np.int64))


def test_without_detections_the_image_is_unchanged() -> None:
    drawn = np.asarray(draw_detections(GREY, _found([], [], []), LABELS))
    np.testing.assert_array_equal(drawn, GREY)
    below = _found([[0.1, 0.1, 0.9, 0.9]], [0.4], [1])
    np.testing.assert_array_equal(np.asarray(draw_detections(GREY, below, LABELS, 0.5)), GREY)


def test_a_box_has_the_colour_of_its_class_and_the_input_is_not_changed() -> None:
    image = GREY.copy()
    drawn = np.asarray(draw_detections(image, _found([[0.3, 0.2, 0.8, 0.6]], [0.9], [2]), LABELS))
    assert tuple(drawn[100, 60]) == colour_of(2)
    assert tuple(drawn[159, 120]) == colour_of(2)
    assert tuple(drawn[110, 120]) == (128, 128, 128)
    np.testing.assert_array_equal(image, GREY)
    assert drawn.shape == GREY.shape


@pytest.mark.parametrize(
    "box", [[0, 0, 1, 1], [0, 0, 0.02, 0.02], [0.98, 0.98, 1, 1], [-0.5, -0.5, 1.5, 1.5], [0.5, 0.5, 0.5, 0.5]]
)
@pytest.mark.parametrize("size", [(200, 300), (8, 8), (1, 1)])
def test_boxes_at_edges_and_in_tiny_images_can_be_drawn(box: list[float], size: tuple[int, int]) -> None:
    image = np.zeros((*size, 3), np.uint8)
    assert draw_detections(image, _found([box], [1.0], [1]), LABELS).size == size[::-1]


def test_many_detections_are_labelled_by_scores_and_a_legend() -> None:
    random = np.random.default_rng(0)
    corners = random.uniform(0, 0.9, (60, 2))
    boxes = np.concatenate([corners, corners + 0.04], axis=1).tolist()
    crowd = _found(boxes, random.uniform(0.5, 1, 60).tolist(), random.integers(1, 3, 60).tolist())
    drawn = np.asarray(draw_detections(np.full((400, 600, 3), 128, np.uint8), crowd, LABELS))
    covered = (drawn != 128).any(axis=-1).mean()
    assert 0.05 < covered < 0.4


@pytest.mark.parametrize("seed", range(5))
def test_labels_are_inside_the_image_and_hide_no_labels_or_boxes(seed: int) -> None:
    random = np.random.default_rng(seed)
    corners = random.uniform(0, 180, (40, 2))
    boxes = np.concatenate([corners, corners + random.uniform(8, 20, (40, 2))], axis=1)
    layout = LabelLayout((200, 200), boxes)
    placed = [layout.place(box, [(14, 80), (14, 30)]) for box in range(40)]
    sizes = [(14, 80), (14, 30)]
    frames = np.array(
        [(p.top, p.left, p.top + sizes[p.choice][0], p.left + sizes[p.choice][1]) for p in placed if p],
        np.float64,
    )
    assert len(frames) > 5
    assert frames.min() >= 0
    assert frames.max() <= 200
    overlaps = pairwise_intersection(frames, frames)
    np.fill_diagonal(overlaps, 0)
    assert overlaps.max() <= 0.05 * 14 * 80
    owners = [number for number, p in enumerate(placed) if p]
    hidden = pairwise_intersection(frames, boxes) / ((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
    hidden[np.arange(len(owners)), owners] = 0
    assert hidden.max() <= 0.3


def test_a_single_label_is_above_its_box_or_below_at_the_upper_edge() -> None:
    boxes = np.array([[50.0, 20.0, 90.0, 60.0], [0.0, 100.0, 40.0, 140.0]])
    layout = LabelLayout((200, 200), boxes)
    first, second = layout.place(0, [(10, 30)]), layout.place(1, [(10, 30)])
    assert first is not None
    assert second is not None
    assert (first.top, first.left) == (40, 20)
    assert second.top == 40


def test_text_is_readable_on_every_colour() -> None:
    for colour in PALETTE:
        text = relative_luminance(text_colour_on(colour))
        ground = relative_luminance(colour)
        assert (max(text, ground) + 0.05) / (min(text, ground) + 0.05) >= 4.5


def test_the_colours_repeat() -> None:
    assert colour_of(1) == colour_of(1 + len(PALETTE)) != colour_of(2)


def test_the_legend_is_in_the_emptiest_corner() -> None:
    boxes = np.array([[60.0, 0.0, 100.0, 40.0], [60.0, 60.0, 100.0, 100.0]])
    assert emptiest_corner((100, 100), (20, 20), boxes, margin=2) == (2, 2)
    assert emptiest_corner((100, 100), (20, 20), boxes[:1], margin=2) == (78, 78)


def test_objects_are_drawn_like_detections_without_a_score() -> None:
    box = np.array([[0.3, 0.2, 0.8, 0.6]], np.float32)
    image = GREY.copy()
    drawn = np.asarray(draw_objects(image, box, np.array([2]), LABELS))
    np.testing.assert_array_equal(image, GREY)
    assert tuple(drawn[60 + 1, 90]) == colour_of(2)
    noted = np.asarray(draw_objects(image, box, np.array([2]), LABELS, notes=["(weight 0.5)"]))
    assert (noted != drawn).any()
    without = np.asarray(draw_objects(image, box[:0], np.zeros(0, np.int64), LABELS))
    np.testing.assert_array_equal(without, GREY)


def test_many_objects_have_a_legend_instead_of_names() -> None:
    rows = np.linspace(0, 0.9, 40, dtype=np.float32)
    boxes = np.stack([rows, rows, rows + 0.1, rows + 0.1], axis=1)
    drawn = draw_objects(GREY, boxes, np.array([1, 2] * 20), LABELS)
    assert drawn.size == (300, 200)
