"""Records of users that do not fit the label map: what is lost is said, and what loses a class is refused."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache import export_record_set, open_record_set
from sweepbox.detection.data.dropped import DropReason
from sweepbox.detection.runner.records import check_classes

from .own_records import example, write_examples

LABELS = LabelMap.of(["cat", "dog"])
INFINITE = (0.1, 0.1, float("inf"), 0.5)
NAN = (0.1, float("nan"), 0.4, 0.5)
EMPTY = (0.1, 0.3, 0.6, 0.3)
INVERTED = (0.6, 0.1, 0.2, 0.5)
PIXELS = (12.0, 30.0, 100.0, 90.0)
GOOD = (0.1, 0.2, 0.6, 0.7)


def notes_of(folder: Path, examples: Sequence[bytes], labels: LabelMap = LABELS) -> tuple[str, ...]:
    path = write_examples(folder / "own.tfrecord", examples)
    return check_classes("training records", open_record_set([path], labels), labels)


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        (
            [example(texts=["Cat", "Dog"])],
            "no object can be used: 2 have a class name that the label map lacks",
        ),
        ([example(texts=["cat", "Dog"])], "no object has the class 'dog' .*1 have 'Dog'.*write 'Dog'"),
        ([example(texts=["cat"]), example(texts=["dog "])], "1 have 'dog '"),
        ([example(texts=["cát", "dog"])], "1 have 'cát'"),
        ([example(texts=["cats", "dog"])], "1 have 'cats'"),
        ([example(labels=[0, 1])], "1 objects have the class number 0 .*start at 1"),
        ([example(labels=[0, 0]), example(labels=[1, 2])], "2 objects have the class number 0"),
        ([example(labels=[-1, 1, 2])], "class number -1"),
        ([example(labels=[2, 3])], "no object has the class 'cat' .*1 have the class number 3"),
        ([example(labels=[7, 9])], "no object can be used: 2 have a class number .*7 1, 9 1"),
        ([example(labels=[1.0, 3.0])], "class number 3"),
        ([example(texts=["", ""], labels=[1, 2])], "no object can be used"),
        ([example()], "no object can be used; name records with annotated objects"),
        (
            [example(texts=["cat", "dog"], boxes=[PIXELS, PIXELS])],
            "2 have a box outside the image.*from 0 to 1",
        ),
        ([example(texts=["cat", "dog"], boxes=[GOOD, EMPTY])], "'dog' can be used, 1 have a box without area"),
        (
            [example(texts=["cat", "dog"], boxes=[INVERTED, GOOD])],
            "'cat' can be used, 1 have a box without area",
        ),
        ([example(texts=["cat", "dog"], boxes=[INFINITE, GOOD])], "'cat' can be used, 1 have an infinite"),
        ([example(texts=["cat", "dog"], boxes=[NAN, GOOD])], "'cat' can be used, 1 have a NaN coordinate"),
    ],
)
def test_records_that_lose_a_class_are_refused(tmp_path: Path, examples: list[bytes], message: str) -> None:
    with pytest.raises(DataError, match=rf"training records: .*{message}") as raised:
        notes_of(tmp_path, examples)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("examples", "expected"),
    [
        ([example(texts=["cat", "dog"])], []),
        ([example(texts=["cat"])], []),
        ([example(labels=[1, 2])], []),
        (
            [example(texts=["cat", "dog", "bird"]), example(texts=["bird", "cow"])],
            ["3 of 5 objects are dropped: 3 have a class name that the label map lacks .'bird' 2, 'cow' 1"],
        ),
        (
            [example(texts=["cat", "bird"])],
            ["1 of 2 objects are dropped: .*'bird' 1", "no object has the class 'dog'"],
        ),
        ([example(labels=[1, 2, 3])], ["1 of 3 objects are dropped: 1 have a class number .*3 1"]),
        (
            [example(texts=["cat", "dog", "dog", "cat"], boxes=[GOOD, GOOD, EMPTY, PIXELS])],
            ["2 of 4 objects are dropped: 1 have a box without area .'dog' 1., 1 have a box outside .*'cat' 1"],
        ),
        ([example(texts=["cat", "dog"], boxes=[(-0.2, 0.1, 0.5, 0.5), (0.5, 0.5, 1.3, 1.1)])], []),
    ],
)
def test_what_is_dropped_is_said(tmp_path: Path, examples: list[bytes], expected: list[str]) -> None:
    notes = notes_of(tmp_path, examples)
    assert len(notes) == len(expected)
    for note, text in zip(notes, expected, strict=True):
        assert re.search(f"^training records: {text}", note), note


def test_what_is_dropped_is_known_to_later_processes_and_on_other_machines(tmp_path: Path) -> None:
    examples = [example(texts=["cat", "dog", "bird"], seed=index) for index in range(3)]
    path = write_examples(tmp_path / "own.tfrecord", examples)
    first = open_record_set([path], LABELS)
    packed = export_record_set([path], LABELS, tmp_path / "packed.arrow")
    for records in (first, open_record_set([path], LABELS), open_record_set([packed], LABELS)):
        assert records.dropped == {(DropReason.UNKNOWN_NAME, "bird"): 3}
        assert records.class_counts == {1: 3, 2: 3}


def test_unusable_boxes_are_kept_on_request(tmp_path: Path) -> None:
    path = write_examples(tmp_path / "own.tfrecord", [example(texts=["cat", "dog"], boxes=[GOOD, EMPTY])])
    assert open_record_set([path], LABELS).objects.tolist() == [1]
    assert open_record_set([path], LABELS, keep_unusable_boxes=True).objects.tolist() == [2]
