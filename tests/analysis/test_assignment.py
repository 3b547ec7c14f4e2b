"""Hits, misses, false alarms and confusions: cases by hand, sums, and agreement with precision and recall."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweepbox.detection.analysis.assignment import Assignment, FalseAlarm, assign
from sweepbox.detection.analysis.confusion import confusion
from sweepbox.detection.analysis.detected_images import DetectedImages
from sweepbox.detection.analysis.detector_analysis import analyse, outcome_counts
from sweepbox.detection.analysis.image_errors import MOST_BOXES, Outcome, image_losses, worst_images
from sweepbox.detection.post_training.operating_point import counts_at

from .scenes import BIRD, CAT, DOG, LABELS, Detection, Object, frame_of, images_of, random_images

HALF = np.full(3, 0.5)
TABBY: Object = (10, 10, 50, 50, CAT)
POODLE: Object = (10, 60, 50, 95, DOG)


def one_image(objects: list[Object], found: list[Detection], **flags: list[bool]) -> DetectedImages:
    return images_of([frame_of(objects, **flags)], [found])


def outcomes(images: DetectedImages, thresholds: np.ndarray = HALF) -> list[tuple[str, str | None]]:
    """Return outcome and kind of each box of the first image, hits last."""
    errors = worst_images(images, assign(images, thresholds), 1)
    return [(box.outcome, box.kind) for box in errors[0].boxes] if errors else []


def matrix(images: DetectedImages, assignment: Assignment) -> np.ndarray:
    table = np.zeros((4, 4), np.int64)
    for row, column, count in confusion(assignment, LABELS.names, (0.5,) * 3).counts:
        table[row, column] = count
    assert len(images)
    return table


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], [("miss", None)]),
        ([(10, 10, 50, 50, CAT, 0.4)], [("miss", None)]),  # below the threshold
        ([(10, 10, 50, 50, DOG, 0.9)], [("confusion", None)]),
        ([(60, 60, 90, 90, CAT, 0.9)], [("miss", None), ("false alarm", "background")]),
        ([(10, 10, 50, 26, CAT, 0.9)], [("miss", None), ("false alarm", "position")]),  # IoU 0.4
        ([(10, 10, 50, 26, DOG, 0.9)], [("miss", None), ("false alarm", "background")]),
        (
            [(10, 10, 50, 50, CAT, 0.9), (12, 12, 50, 50, CAT, 0.8)],
            [("false alarm", "duplicate"), ("hit", None)],
        ),
        # A hit comes before a confusion, whatever the scores.
        (
            [(10, 10, 50, 50, CAT, 0.6), (10, 10, 50, 50, DOG, 0.9)],
            [("false alarm", "second class"), ("hit", None)],
        ),
    ],
)
def test_one_cat(found: list[Detection], expected: list[tuple[str, str | None]]) -> None:
    assert outcomes(one_image([TABBY], found)) == expected


def test_thresholds_are_those_of_the_class() -> None:
    images = one_image([TABBY, POODLE], [(*TABBY[:4], CAT, 0.4), (*POODLE[:4], DOG, 0.4)])
    assert outcomes(images, np.array([0.3, 0.5, 0.5])) == [("miss", None), ("hit", None)]


def test_a_detection_in_a_crowd_counts_nowhere() -> None:
    images = one_image([TABBY], [(10, 10, 30, 30, CAT, 0.9)], crowd=[True])
    assignment = assign(images, HALF)
    assert assignment.ignored.tolist() == [True]
    assert not matrix(images, assignment).any()
    assert confusion(assignment, LABELS.names, (0.5,) * 3).ignored == 1
    assert worst_images(images, assignment, 5) == ()
    # A detection of another class there is a false alarm, as in COCO's metrics.
    dogs = one_image([TABBY], [(10, 10, 30, 30, DOG, 0.9)], crowd=[True])
    assert outcomes(dogs) == [("false alarm", "background")]


def test_the_matrix_by_hand() -> None:
    images = images_of(
        [frame_of([TABBY, POODLE]), frame_of([TABBY]), frame_of([])],
        [
            [(*TABBY[:4], CAT, 0.9), (*POODLE[:4], BIRD, 0.8)],
            [(60, 60, 90, 90, DOG, 0.7)],
            [(0, 0, 20, 20, DOG, 0.6), (0, 0, 20, 20, DOG, 0.3)],
        ],
    )
    assignment = assign(images, HALF)
    expected = np.zeros((4, 4), np.int64)
    expected[0, 0] = 1  # the first cat
    expected[1, 2] = 1  # the dog that is taken for a bird
    expected[0, 3] = 1  # the second cat, missed
    expected[3, 1] = 2  # two dogs that are not there
    assert matrix(images, assignment).tolist() == expected.tolist()
    assert image_losses(assignment, 3) == pytest.approx([1.0, 1.7, 0.6])
    worst = worst_images(images, assignment, 2)
    assert [(item.name, item.loss) for item in worst] == [("1.jpg", 1.7), ("0.jpg", 1.0)]
    confused, hit = worst[1].boxes
    assert (confused.outcome, confused.true_class, confused.found_class) == (Outcome.CONFUSION, "dog", "bird")
    assert (confused.object, confused.score, confused.iou) == (1, 0.8, 1.0)
    assert confused.true_box == confused.found_box == (0.05, 0.3, 0.25, 0.475)
    assert (hit.outcome, hit.object, hit.true_class, hit.found_class) == (Outcome.HIT, 0, "cat", "cat")


def test_of_two_confusions_the_better_score_is_assigned_first() -> None:
    images = one_image([TABBY], [(*TABBY[:4], DOG, 0.7), (*TABBY[:4], BIRD, 0.9)])
    boxes = worst_images(images, assign(images, HALF), 1)[0].boxes
    assert [(box.outcome, box.found_class, box.kind) for box in boxes] == [
        ("confusion", "bird", None), ("false alarm", "dog", "second class"),
    ]  # fmt: skip


def test_an_image_lists_the_boxes_that_are_wrong_first() -> None:
    corners = [(float(row), float(column)) for row in range(0, 190, 16) for column in range(0, 190, 16)]
    cats: list[Object] = [(top, left, top + 10, left + 10, CAT) for top, left in corners]
    found: list[Detection] = [(*cat, 0.9) for cat in cats[60:]]
    images = one_image(cats, found)
    [errors] = worst_images(images, assign(images, HALF), 1)
    assert len(errors.boxes) == MOST_BOXES
    assert errors.more == len(cats) - MOST_BOXES
    assert [box.outcome for box in errors.boxes] == ["miss"] * 60 + ["hit"] * 40


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([3, 1000]), st.floats(0.05, 0.95))
def test_sums_and_hits(seed: int, score_levels: int, threshold: float) -> None:
    images = random_images(seed, 6, score_levels=score_levels)
    thresholds = np.full(3, threshold)
    assignment = assign(images, thresholds)
    table = matrix(images, assignment)
    counted = ~assignment.objects.crowd
    objects = np.bincount(assignment.objects.column[counted], minlength=3)
    detections = np.bincount(assignment.found.column[~assignment.ignored], minlength=3)
    assert table[:3].sum(axis=1).tolist() == objects.tolist()  # each object stands in its row once
    assert table[:, :3].sum(axis=0).tolist() == detections.tolist()  # each detection in its column once
    assert table[3, 3] == 0
    for column, hits in enumerate(images.hits):
        counts = counts_at(hits, threshold)
        assert table[column, column] == counts.right  # the hits of precision and recall
        assert detections[column] == counts.detections
    totals = outcome_counts(images, assignment)
    assert totals.hits == np.trace(table)
    assert totals.misses == table[:3, 3].sum()
    assert sum(totals.false_alarms.values()) == table[3].sum()
    assert totals.confusions == table.sum() - totals.hits - totals.misses - table[3].sum()
    assert totals.ignored == assignment.ignored.sum()
    for pair in (assignment.hit, assignment.confused):
        matched = pair[pair >= 0]
        assert len(set(matched.tolist())) == len(matched)  # no object twice
    worst = worst_images(images, assignment, 6)
    assert sum(item.loss for item in worst) == pytest.approx(
        totals.misses + totals.confusions + assignment.found.scores[assignment.false_alarm].sum(), abs=1e-3
    )
    drawn = [box.outcome for item in worst for box in item.boxes]
    assert drawn.count("miss") == totals.misses
    assert drawn.count("confusion") == totals.confusions
    assert drawn.count("false alarm") == table[3].sum()


def test_analyses_agree_with_one_another() -> None:
    images = random_images(11, 20)
    analysis = analyse(images, np.array([0.3, 0.4, 0.5]))
    assert analysis.class_names == ("cat", "dog", "bird")
    assert analysis.confusion.thresholds == (0.3, 0.4, 0.5)
    whole = analysis.operating[0]
    assert whole.objects == analysis.objects == analysis.sizes[0].objects[0]
    assert whole.chosen_recall == pytest.approx(analysis.outcomes.hits / analysis.objects, abs=1e-5)
    assert set(analysis.outcomes.false_alarms) == {kind.value for kind in FalseAlarm}
    assert [item.loss for item in analysis.worst] == sorted(
        (item.loss for item in analysis.worst), reverse=True
    )
    assert len(analysis.worst) == 12
    assert analysis.without_curves == ()


def test_no_object_and_no_detection_at_all() -> None:
    empty = analyse(images_of([frame_of([])], [[]]), HALF)
    assert (empty.objects, empty.worst, empty.suspects, empty.confusion.counts) == (0, (), (), ())
    assert empty.sizes[0].ap == (None,) * 4
    assert (empty.operating[0].chosen_f1, empty.calibration[0].error) == (None, None)
