"""Exported Arrow files: opening them, and the errors for files that do not match."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.core.errors import DataError, UsageError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache import open_record_set
from sweepbox.detection.data.cache.export import export_record_set
from sweepbox.detection.data.pixels import _tensorflow_beside_keras
from tests.data.small_records import LABELS, assert_holds, cache_file, encode, picture, record, varied, write

WITHOUT_TENSORFLOW = """
import sys
sys.modules["tensorflow"] = None
from pathlib import Path
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache import open_record_set

labels = LabelMap.of(["with_mask", "without_mask", "mask_weared_incorrect"])
records = open_record_set([Path(sys.argv[1])], labels)
print(sum(int(records.image(index).sum()) for index in range(len(records))))
"""


def exported(tmp_path: Path, **options: int) -> Path:
    """Write an Arrow file of twelve images into a folder of its own and return it."""
    paths = write(tmp_path / "records", varied(12))
    return export_record_set(paths, LABELS, tmp_path / "away" / "train.arrow", **options)


def test_exported_file_equals_the_record_set(tmp_path: Path) -> None:
    file = exported(tmp_path)
    there = open_record_set([tmp_path / "records" / "train-00000-of-00001.tfrecord"], LABELS)
    moved = tmp_path / "elsewhere" / "renamed.arrow"
    moved.parent.mkdir()
    shutil.move(file, moved)
    shutil.rmtree(tmp_path / "records")
    records = open_record_set([moved], LABELS)
    assert_holds(records, varied(12))
    assert records.fingerprint == there.fingerprint
    assert records.source_ids == there.source_ids
    assert {path.name for path in moved.parent.iterdir()} == {"renamed.arrow", "renamed.whole"}


def test_pixels_are_read_without_tensorflow(tmp_path: Path) -> None:
    file = exported(tmp_path)
    records = open_record_set([file], LABELS)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TENSORFLOW, str(file)],
        capture_output=True,
        text=True,
        env=os.environ | {"KERAS_BACKEND": "jax"},
    )
    assert done.stdout.split() == [str(sum(int(records.image(index).sum()) for index in range(12)))], (
        done.stderr
    )


def test_encoded_set_is_exported_decoded(tmp_path: Path) -> None:
    source = [record(index, encode(picture(index, (30, 40)))) for index in range(5)]
    paths = write(tmp_path, source)
    assert open_record_set(paths, LABELS, disk_budget_bytes=100).is_encoded
    file = export_record_set(paths, LABELS, tmp_path / "away.arrow")
    records = open_record_set([file], LABELS)
    assert not records.is_encoded
    assert_holds(records, source)
    assert records.fingerprint == open_record_set(paths, LABELS).fingerprint


def test_encoded_images_require_tensorflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = write(tmp_path, [record(0, encode(picture(0)))])
    open_record_set(paths, LABELS, disk_budget_bytes=0)
    records = open_record_set([cache_file(paths)], LABELS)
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    _tensorflow_beside_keras.cache_clear()
    with pytest.raises(DataError) as caught:
        records.image(0)
    assert str(caught.value) == (
        "picture-0.png: TensorFlow, which decodes the images of records, is not installed; install it, or "
        "train from an .arrow file of decoded images (`export_record_set`)"
    )


def test_other_classes_are_rejected(tmp_path: Path) -> None:
    file = exported(tmp_path)
    with pytest.raises(DataError, match=r"for the classes 1 with_mask, 2 without_mask, .*, not 1 cat; export"):
        open_record_set([file], LabelMap.of(["cat"]))


def test_another_size_limit_is_rejected_if_it_changes_images(tmp_path: Path) -> None:
    file = exported(tmp_path, max_side=18)
    with pytest.raises(DataError, match=r"image picture-0\.png is 18 x 9 pixels in it, this run needs 20 x 10"):
        open_record_set([file], LABELS, max_side=640)
    with pytest.raises(DataError, match=r"longer side at most 9\); export it again with max_side=9"):
        open_record_set([file], LABELS, max_side=9)
    (source,) = (tmp_path / "records").glob("*.tfrecord")
    whole = export_record_set([source], LABELS, tmp_path / "whole.arrow")
    assert_holds(open_record_set([whole], LABELS, max_side=640), varied(12))


def test_damaged_file_is_rejected(tmp_path: Path) -> None:
    file = exported(tmp_path)
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 1
    file.write_bytes(content)
    with pytest.raises(DataError, match=r"train\.arrow: it is damaged; copy it again, or export it again"):
        open_record_set([file], LABELS)
    file.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="it is damaged, or not a file of decoded records of this version"):
        open_record_set([file], LABELS)


def test_invalid_paths_are_rejected(tmp_path: Path) -> None:
    file = exported(tmp_path)
    with pytest.raises(DataError, match=r"missing\.arrow: there is no such file of decoded records"):
        open_record_set([tmp_path / "missing.arrow"], LABELS)
    with pytest.raises(DataError, match=r"give one \.arrow file, which is a complete set, or TFRecord files"):
        open_record_set([file, file], LABELS)
    with pytest.raises(UsageError, match=r"away: decoded records are written to \.arrow files"):
        export_record_set([file], LABELS, tmp_path / "away")


def test_exported_file_can_be_exported_again(tmp_path: Path) -> None:
    file = exported(tmp_path)
    again = export_record_set([file], LABELS, tmp_path / "again.arrow")
    np.testing.assert_array_equal(open_record_set([again], LABELS).sizes, open_record_set([file], LABELS).sizes)
