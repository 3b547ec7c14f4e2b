"""Records with values that nobody can mean, or of a wrong type: a line that names file, record and feature."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache import open_record_set
from sweepbox.detection.data.records import read_records

from .own_records import example, png, serialised, write_examples

LABELS = LabelMap.of(["cat", "dog"])
GOOD = example(texts=["cat"])
INFINITY, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (
            {"image__object__weight": [-1.0]},
            "image/object/weight has the value -1.0, expected a finite number of",
        ),
        ({"image__object__weight": [NAN]}, "image/object/weight has the value nan"),
        ({"image__object__weight": [INFINITY]}, "image/object/weight has the value inf"),
        ({"image__object__weight": [-2]}, "image/object/weight has the value -2"),
        ({"image__object__weight": [b"1"]}, "image/object/weight must hold numbers"),
        ({"image__height": [NAN]}, "image/height has the value nan"),
        ({"image__width": [INFINITY]}, "image/width has the value inf"),
        ({"image__height": [3e38]}, "image/height has the value 3"),
        ({"image__width": [-640]}, "image/width has the value -640"),
        ({"image__height": [2**62]}, "image/height has the value 4611686018427387904"),
        ({"image__height": [b"480"]}, "image/height must hold numbers"),
        ({"image__object__difficult": [NAN]}, "image/object/difficult has the value nan"),
        ({"image__object__is_crowd": [INFINITY]}, "image/object/is_crowd has the value inf"),
        ({"image__object__group_of": [b"no"]}, "image/object/group_of must hold numbers"),
        ({"image__object__class__text": [7]}, "image/object/class/text must hold bytes, it holds int"),
        ({"image__object__class__text": [1.5]}, "image/object/class/text must hold bytes, it holds float"),
        ({"image__object__class__text": [b"caf\xe9"]}, "image/object/class/text is not UTF-8"),
        ({"image__object__class__text": ["cat", "dog"]}, "class/text has 2 values but there are 1 objects"),
        ({"image__filename": [b"caf\xe9.jpg"]}, "image/filename is not UTF-8"),
        ({"image__filename": [5]}, "image/filename must hold bytes"),
        ({"image__source_id": [b"\xff\xfe"]}, "image/source_id is not UTF-8"),
        ({"image__source_id": [17]}, "image/source_id must hold bytes"),
        ({"image__format": [b"\xff"]}, "image/format is not UTF-8"),
        ({"image__encoded": [3]}, "image/encoded must hold bytes"),
        ({"image__encoded": []}, "image/encoded is missing"),
        ({"image__object__bbox__ymin": [b"0.1"]}, "bbox/ymin must hold numbers"),
        ({"image__object__bbox__xmax": []}, "bbox/xmax has 0 values but there are 1 objects"),
    ],
)
def test_values_that_cannot_be_meant(tmp_path: Path, features: dict, message: str) -> None:
    path = write_examples(tmp_path / "own.tfrecord", [GOOD, example(texts=["cat"], **features)])
    with pytest.raises(DataError, match=rf"own\.tfrecord: record 1: .*{message}") as raised:
        list(read_records([path], LABELS))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("label", [NAN, INFINITY, 1e30, b"1"])
def test_class_numbers_that_cannot_be_meant(tmp_path: Path, label: float | bytes) -> None:
    features = {"image/object/class/label": [label], "image/encoded": [png()]}
    boxes = {
        f"image/object/bbox/{side}": [value]
        for side, value in zip(("ymin", "xmin", "ymax", "xmax"), (0.1, 0.1, 0.5, 0.5), strict=True)
    }
    path = write_examples(tmp_path / "own.tfrecord", [serialised(features | boxes)])
    with pytest.raises(DataError, match=r"own\.tfrecord: record 0: feature image/object/class/label"):
        list(read_records([path], LABELS))


@pytest.mark.parametrize(
    ("features", "height"), [({"image__height": [24.0]}, 24), ({"image__height": [0]}, 0), ({}, 1)]
)
def test_numbers_of_another_type_are_read(tmp_path: Path, features: dict, height: int) -> None:
    path = write_examples(tmp_path / "own.tfrecord", [example(texts=["cat"], **features)])
    assert [record.height for record in read_records([path], LABELS)] == [height]


def _length(value: int) -> Callable[[bytes], bytes]:
    """Return a function that sets the length of the second record, with a right checksum."""

    def change(content: bytes) -> bytes:
        start = int.from_bytes(content[:8], "little") + 16
        length = value.to_bytes(8, "little")
        return content[:start] + length + _masked_crc(length).to_bytes(4, "little") + content[start + 12 :]

    return change


def _masked_crc(data: bytes) -> int:
    """Return the checksum of TFRecord files: CRC-32C, rotated and shifted."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_length(10**11), "record 1 states 100000000000 bytes, the file has"),
        (_length(2**63 - 1), "record 1 states 9223372036854775807 bytes"),
        (_length(2**64 - 1), "record 1 states 18446744073709551615 bytes"),
        (_length(2**31), "record 1 states 2147483648 bytes"),
        (_length(5000), "record 1 states 5000 bytes"),
        (lambda content: content[:-1], "record 1 states"),
        (lambda content: content[:-30], "record 1 states"),
        (lambda content: content + b"\x01", "the file is damaged"),
        (lambda content: content + bytes(11), "the file is damaged"),
        (lambda content: content + b"\xff" * 40, "record 2 states"),
        (_length(3), "the file is damaged"),
        (_length(0), "the file is damaged"),
    ],
)
def test_lengths_are_compared_with_the_file(
    tmp_path: Path, change: Callable[[bytes], bytes], message: str
) -> None:
    path = write_examples(tmp_path / "own.tfrecord", [GOOD, GOOD])
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(DataError, match=rf"own\.tfrecord: .*{message}"):
        list(read_records([path], LABELS))
    with pytest.raises(DataError, match=r"own\.tfrecord: "):
        open_record_set([path], LABELS)


def test_a_record_is_limited_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_examples(tmp_path / "own.tfrecord", [GOOD])
    monkeypatch.setenv("SWEEPBOX_MAX_RECORD_BYTES", "100")
    with pytest.raises(
        DataError, match=r"record 0: .* bytes are too many for a record \(at most 100; set SWEEP"
    ):
        list(read_records([path], LABELS))


def test_the_image_of_a_record_is_named_with_its_file(tmp_path: Path) -> None:
    path = write_examples(tmp_path / "own.tfrecord", [GOOD, example(texts=["cat"], image__encoded=[b"torn"])])
    with pytest.raises(DataError, match=r"own\.tfrecord: record 1: picture\.png: the image cannot be decoded"):
        open_record_set([path], LABELS)
