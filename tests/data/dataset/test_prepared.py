"""A prepared data set whose description or label map was changed by hand, and label maps that drop objects."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.dataset.prepare import PrepareSettings, prepare
from sweepbox.detection.data.dataset.prepared import open_dataset

CAT, DOG = ("cat", (4.0, 4.0, 20.0, 30.0)), ("dog", (10.0, 4.0, 40.0, 30.0))
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def prepared(make_voc: Callable[..., Path], tmp_path: Path) -> Path:
    folder = make_voc({name: [CAT, DOG] for name in "abcd"})
    prepare(folder, tmp_path / "records", PrepareSettings(validation_fraction=0.5, test_fraction=0))
    return tmp_path / "records"


def write_classes(folder: Path, names: list[str]) -> None:
    items = [f'item {{ id: {number} name: "{name}" }}' for number, name in enumerate(names, start=1)]
    (folder / "label_map.pbtxt").write_text("\n".join(items))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["Cat", "Dog"], "train records: no object can be used: 4 have a class name that the label map lacks"),
        (["cat", "Dog"], "train records: no object has the class 'Dog' of the label map, and 2 have 'dog'"),
        (["cats", "dog"], "no object has the class 'cats' of the label map, and 2 have 'cat'"),
        (["horse", "cow"], "no object can be used"),
    ],
)
def test_an_edited_label_map_that_loses_a_class_is_refused(
    prepared: Path, names: list[str], message: str
) -> None:
    write_classes(prepared, names)
    with pytest.raises(DataError, match=message):
        open_dataset(prepared)


@pytest.mark.parametrize(
    ("names", "notes"),
    [
        (["cat", "dog"], 0),
        (["dog", "cat"], 0),
        (["cat", "dog", "horse"], 0),
        (["cat"], 2),
        (["dog", "horse"], 4),
    ],
)
def test_an_edited_label_map_is_used_and_losses_are_said(prepared: Path, names: list[str], notes: int) -> None:
    write_classes(prepared, names)
    assert len(open_dataset(prepared).notes) == notes


def _set(value: object, *keys: str) -> Change:
    def change(description: dict[str, Any]) -> None:
        inner: Any = description
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        "", "{", "[]", "null", "3", "[" * 5000, '{"format": 1}', '{"format": 2}',
        _set(None, "splits"), _set([], "splits"), _set(3, "splits", "train"), _set({}, "splits", "train"),
        _set(None, "splits", "train", "files"), _set({"a": 3}, "splits", "train", "files"),
        _set({"a": {"bytes": 3}}, "splits", "train", "files"), _set(None, "classes"), _set([3], "classes"),
        _set([{"id": 1}], "classes"), _set([{"id": 1, "name": 3, "train": 1, "validation": 1}], "classes"),
        _set([{"id": 1, "name": "cat", "train": "1", "validation": 1}], "classes"),
    ],
)  # fmt: skip
def test_a_damaged_description_is_named(prepared: Path, change: str | Change) -> None:
    path = prepared / "dataset.json"
    if isinstance(change, str):
        path.write_text(change)
    else:
        description = json.loads(path.read_text())
        change(description)
        path.write_text(json.dumps(description))
    with pytest.raises(DataError, match=r"dataset\.json: .*prepare the data again") as raised:
        open_dataset(prepared)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["horse"], "no usable object in 4 annotations: .*'cat' is not in the label map"),
        (["Cat", "Dog"], "no usable object in 4 annotations"),
        (["Cat", "dog"], "no object has the class 'Cat' of the label map, and 4 have 'cat'"),
        (["cat", "dogs"], "no object has the class 'dogs' of the label map, and 4 have 'dog'"),
        (["cat"], None),
        (["cat", "horse"], None),
        (["dog", "cat"], None),
    ],
)
def test_a_label_map_that_drops_a_class_by_its_spelling_is_refused(
    make_voc: Callable[..., Path], tmp_path: Path, names: list[str], message: str | None
) -> None:
    folder = make_voc({name: [CAT, DOG] for name in "abcd"})
    settings = PrepareSettings(validation_fraction=0.5, label_map=LabelMap.of(names))
    if message is None:
        assert prepare(folder, tmp_path / "out", settings).label_map.names == tuple(names)
    else:
        with pytest.raises(DataError, match=message):
            prepare(folder, tmp_path / "out", settings)
        assert not (tmp_path / "out").exists()


def test_a_part_without_objects_is_refused(make_voc: Callable[..., Path], tmp_path: Path) -> None:
    folder = make_voc({"a": [CAT], "b": [], "c": [], "d": []})
    with pytest.raises(
        DataError, match=r"the (train|validation) part has no object: .*annotate objects in more"
    ):
        prepare(folder, tmp_path / "out")
