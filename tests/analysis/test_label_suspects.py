"""Label suspects: errors planted in annotations are found and ranked, right annotations are left alone."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.analysis.assignment import assign
from sweepbox.detection.analysis.detected_images import DetectedImages
from sweepbox.detection.analysis.label_suspects import LabelSuspect, Suspicion, label_suspects
from sweepbox.detection.core.detections import Detections, GroundTruth
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.dataset.voc import read_annotation
from sweepbox.detection.data.sample.dataset import CLASS_NAMES
from sweepbox.detection.post_training.annotated import AnnotatedFrame

from .scenes import CAT, DOG, LABELS, Detection, Object, frame_of, images_of

MASKS = LabelMap.of(CLASS_NAMES)
HALF = np.full(3, 0.5)
TABBY: Object = (10, 10, 50, 50, CAT)
RIGHT = [(*TABBY[:4], CAT, 0.9)]


@pytest.fixture(scope="module")
def drawn(photographs: Path) -> list[GroundTruth]:
    """The annotations of the drawn scenes."""
    truths = []
    for path in sorted((photographs / "annotations").glob("*.xml")):
        annotation = read_annotation(path)
        assert annotation.width
        xyxy = np.array([item.box_pixels for item in annotation.objects]) / annotation.width
        count = len(xyxy)
        nothing = np.zeros(count, np.bool_)
        truths.append(
            GroundTruth(
                xyxy[:, [1, 0, 3, 2]].astype(np.float32),
                np.array([MASKS.id_of(item.name) for item in annotation.objects], np.int64),
                np.ones(count, np.float32),
                nothing,
                nothing,
            )
        )
    return truths


def perfectly_found(truths: Sequence[GroundTruth], *, lowest: float = 0.8) -> list[Detections]:
    """Return what a very good detector finds: all objects, with boxes a few percent off, and noise.

    The scores of the objects are between `lowest` and 1.
    """
    random = np.random.default_rng(0)
    found = []
    for truth in truths:
        count = len(truth)
        sides = np.tile(truth.boxes_yxyx[:, 2:] - truth.boxes_yxyx[:, :2], (1, 2))
        boxes = truth.boxes_yxyx + random.normal(0, 0.02, (count, 4)) * sides
        corners = random.uniform(0, 0.7, (20, 2))
        boxes = np.concatenate([boxes, np.concatenate([corners, corners + 0.2], axis=1)])
        scores = np.concatenate([random.uniform(lowest, 1.0, count), random.uniform(0.0, 0.15, 20)])
        ids = np.concatenate([truth.class_ids, random.integers(1, 4, 20)])
        order = np.argsort(-scores)
        found.append(Detections(boxes[order].astype(np.float32), scores[order].astype(np.float32), ids[order]))
    return found


def suspects_of(
    truths: Sequence[GroundTruth], found: Sequence[Detections], labels: LabelMap = MASKS
) -> tuple[LabelSuspect, ...]:
    names = tuple(f"scene_{number:05d}.jpg" for number in range(len(truths)))
    images = DetectedImages(labels, names, [AnnotatedFrame(truth, 128, 128) for truth in truths], found)
    return label_suspects(images, assign(images, HALF), HALF)


def places(suspects: Sequence[LabelSuspect]) -> list[tuple[str, int, int | None]]:
    return [(item.kind, item.image, item.object) for item in suspects]


def changed(truths: Sequence[GroundTruth], image: int, **values: np.ndarray) -> list[GroundTruth]:
    copy = list(truths)
    copy[image] = replace(copy[image], **values)
    return copy


def test_right_annotations_are_no_suspects(drawn: list[GroundTruth]) -> None:
    assert suspects_of(drawn, perfectly_found(drawn)) == ()


def test_a_swapped_class_is_found(drawn: list[GroundTruth]) -> None:
    ids = drawn[4].class_ids.copy()
    ids[1] = ids[1] % 3 + 1
    [suspect] = suspects_of(changed(drawn, 4, class_ids=ids), perfectly_found(drawn))
    assert (suspect.kind, suspect.image, suspect.object) == (Suspicion.CLASS, 4, 1)
    assert suspect.name == "scene_00004.jpg"
    assert suspect.true_class == MASKS.name_of(int(ids[1]))
    assert suspect.found_class == MASKS.name_of(int(drawn[4].class_ids[1]))
    assert suspect.severity > 0.6
    assert f"annotated as {suspect.true_class}" in suspect.reason


def test_a_removed_object_is_found(drawn: list[GroundTruth]) -> None:
    keep = np.arange(len(drawn[2])) != 0
    planted = list(drawn)
    planted[2] = drawn[2].select(keep)
    [suspect] = suspects_of(planted, perfectly_found(drawn))
    assert (suspect.kind, suspect.image, suspect.object) == (Suspicion.MISSING, 2, None)
    assert suspect.found_box == pytest.approx(drawn[2].boxes_yxyx[0].tolist(), abs=0.05)
    assert (suspect.true_box, suspect.iou) == (None, None)


def test_an_invented_object_is_found(drawn: list[GroundTruth]) -> None:
    # One face that is not there, annotated as the class that is found everywhere else.
    extra = np.array([[0.0, 0.0, 0.12, 0.12]], np.float32)
    free = next(
        number
        for number, truth in enumerate(drawn)
        if not ((truth.boxes_yxyx[:, 0] < 0.13) & (truth.boxes_yxyx[:, 1] < 0.13)).any()
    )
    count = len(drawn[free])
    flags = np.zeros(count + 1, np.bool_)
    planted = list(drawn)
    planted[free] = GroundTruth(
        np.concatenate([drawn[free].boxes_yxyx, extra]),
        np.append(drawn[free].class_ids, 1),
        np.ones(count + 1, np.float32),
        flags,
        flags,
    )
    found = perfectly_found(drawn)
    [suspect] = suspects_of(planted, found)
    assert (suspect.kind, suspect.image, suspect.object) == (Suspicion.NOT_FOUND, free, count)
    # What is marked as difficult is expected to be missed now and then.
    planted[free] = replace(planted[free], difficult=np.append(flags[:-1], True))
    assert suspects_of(planted, found) == ()


def test_a_moved_box_is_found(drawn: list[GroundTruth]) -> None:
    boxes = drawn[7].boxes_yxyx.copy()
    boxes[0, 2] = boxes[0, 0] + 0.5 * (boxes[0, 2] - boxes[0, 0])  # the upper half of the face
    [suspect] = suspects_of(changed(drawn, 7, boxes_yxyx=boxes), perfectly_found(drawn))
    assert (suspect.kind, suspect.image, suspect.object) == (Suspicion.BOX, 7, 0)
    assert suspect.iou == pytest.approx(0.5, abs=0.08)
    assert "the median of all hits is 0.9" in suspect.reason


def test_several_planted_errors_are_all_found_and_ranked(drawn: list[GroundTruth]) -> None:
    planted = list(drawn)
    for image in (1, 5):
        planted[image] = drawn[image].select(np.arange(len(drawn[image])) > 0)
    for image in (3, 8, 9):
        ids = drawn[image].class_ids.copy()
        ids[-1] = ids[-1] % 3 + 1
        planted[image] = replace(drawn[image], class_ids=ids)
    boxes = drawn[7].boxes_yxyx.copy()
    boxes[0, 2] = boxes[0, 0] + 0.5 * (boxes[0, 2] - boxes[0, 0])
    planted[7] = replace(drawn[7], boxes_yxyx=boxes)
    suspects = suspects_of(planted, perfectly_found(drawn, lowest=1.0))
    expected = {
        *((Suspicion.MISSING.value, image, None) for image in (1, 5)),
        *((Suspicion.CLASS.value, image, len(drawn[image]) - 1) for image in (3, 8, 9)),
        (Suspicion.BOX.value, 7, 0),
    }
    assert set(places(suspects)) == expected
    assert [item.severity for item in suspects] == sorted((item.severity for item in suspects), reverse=True)
    assert suspects[-1].kind == Suspicion.BOX


def by_hand(objects: list[Object], found: list[Detection], **flags: list[bool]) -> list[tuple[str, float]]:
    """Return kind and severity of the suspects of an image, beside a right one with score 0.9."""
    images = images_of([frame_of([TABBY]), frame_of(objects, **flags)], [RIGHT, found], LABELS)
    return [
        (item.kind, item.severity)
        for item in label_suspects(images, assign(images, HALF), HALF)
        if item.image == 1
    ]


FREE = (60.0, 60.0, 90.0, 90.0)


@pytest.mark.parametrize(
    ("objects", "found", "expected"),
    [
        ([TABBY], RIGHT, []),
        ([TABBY], [*RIGHT, (*FREE, CAT, 0.95)], [("object not annotated", 0.95)]),
        ([TABBY], [*RIGHT, (*FREE, CAT, 0.8)], []),  # less sure than it usually is
        ([TABBY], [*RIGHT, (*FREE, DOG, 0.99)], []),  # no dog was ever found rightly
        # Two boxes around one thing are one suspect.
        ([TABBY], [*RIGHT, (*FREE, CAT, 0.95), (60, 60, 90, 88, CAT, 0.93)], [("object not annotated", 0.95)]),
        # Annotated as a dog, found as a cat, and as a dog with little confidence.
        ([(*TABBY[:4], DOG)], [(*TABBY[:4], CAT, 0.95)], [("wrong class", 0.95)]),
        ([(*TABBY[:4], DOG)], [(*TABBY[:4], CAT, 0.95), (*TABBY[:4], DOG, 0.2)], [("wrong class", 0.75)]),
        ([(*TABBY[:4], DOG)], [(*TABBY[:4], CAT, 0.95), (*TABBY[:4], DOG, 0.6)], []),  # it is found
        # 0.4 of the box, where the usual IoU is 1.
        ([(10, 10, 50, 26, CAT)], [(*TABBY[:4], CAT, 0.95)], [("wrong box", 0.57)]),
        ([(10, 10, 50, 42, CAT)], [(*TABBY[:4], CAT, 0.95)], []),  # IoU 0.8
    ],
)
def test_severities(objects: list[Object], found: list[Detection], expected: list[tuple[str, float]]) -> None:
    assert by_hand(objects, found) == [(kind, pytest.approx(value, abs=1e-4)) for kind, value in expected]


def test_an_object_that_nothing_finds() -> None:
    frames = [frame_of([TABBY])] * 3 + [frame_of([TABBY])]
    faint, near = [(*TABBY[:4], CAT, 0.2)], [(*TABBY[:4], CAT, 0.3)]

    def severity(last: list[Detection]) -> list[float]:
        images = images_of(frames, [RIGHT, RIGHT, RIGHT, last], LABELS)
        return [item.severity for item in label_suspects(images, assign(images, HALF), HALF)]

    assert severity([]) == [0.75]  # three of four are found
    assert severity(faint) == [pytest.approx(0.75 * 0.8, abs=1e-4)]
    assert severity(near) == []  # almost found: the threshold is 0.5
    images = images_of(frames, [RIGHT, [], [], []], LABELS)
    assert label_suspects(images, assign(images, HALF), HALF) == ()  # most are missed: that is no surprise


def test_crowds_and_difficult_objects() -> None:
    inside = [(20, 20, 40, 40, CAT, 0.95)]
    assert by_hand([TABBY], inside, crowd=[True]) == []
    assert by_hand([TABBY], inside, difficult=[True]) == []


def test_the_number_of_suspects_is_limited() -> None:
    found: list[Detection] = [(*FREE, CAT, 0.9 + 0.01 * number) for number in range(5)]
    frames = [frame_of([TABBY])] * 5
    images = images_of(frames, [[*RIGHT, extra] for extra in found], LABELS)
    suspects = label_suspects(images, assign(images, HALF), HALF, count=2)
    assert [item.image for item in suspects] == [4, 3]
