from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweepbox.detection.core.detections import GroundTruth
from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.pixels import decode_pixels
from sweepbox.detection.data.records import Record, find_records, read_records, write_records

GOLDEN = Path(__file__).parents[1] / "golden"
LABELS = LabelMap.of(["with_mask", "without_mask", "mask_weared_incorrect"])


def make_record(
    name: str, boxes: list[list[float]], classes: list[int], weights: list[float] | None = None
) -> Record:
    count = len(classes)
    truth = GroundTruth(
        np.array(boxes, np.float32).reshape(count, 4),
        np.array(classes, np.int64),
        np.array(weights or [1.0] * count, np.float32),
        np.array([index % 2 == 1 for index in range(count)], np.bool_),
        np.array([index % 3 == 2 for index in range(count)], np.bool_),
        np.array([index % 2 == 0 for index in range(count)], np.bool_),
    )
    return Record(b"bytes of " + name.encode(), "jpeg", name, name, 48, 64, truth)


def assert_same(first: Record, second: Record) -> None:
    for field in ("encoded", "image_format", "filename", "source_id", "height", "width"):
        assert getattr(first, field) == getattr(second, field)
    for field in ("boxes_yxyx", "class_ids", "weights", "difficult", "crowd", "group_of"):
        left, right = getattr(first.ground_truth, field), getattr(second.ground_truth, field)
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)


def test_decoder_equals_the_od_api_in_every_case() -> None:
    golden = np.load(GOLDEN / "decoder_cases.npz")
    records = list(read_records([GOLDEN / "decoder_cases.tfrecord"], LABELS))
    assert len(records) == len(golden["kinds"])
    for kind, record in zip(golden["kinds"], records, strict=True):
        boxes = golden[f"{kind}/groundtruth_boxes"]
        classes = golden[f"{kind}/groundtruth_classes"]
        weights = golden[f"{kind}/groundtruth_weights"]
        # The OD API drops NaN boxes and unknown classes later and without their weights; ours drops them
        # together.
        keep = ~np.isnan(boxes).any(axis=1) & (classes != -1)
        np.testing.assert_array_equal(record.ground_truth.boxes_yxyx, boxes[keep])
        np.testing.assert_array_equal(record.ground_truth.class_ids, classes[keep])
        np.testing.assert_array_equal(record.ground_truth.weights, weights[keep])
        for flag, ours in (("difficult", "difficult"), ("is_crowd", "crowd"), ("group_of", "group_of")):
            expected = golden[f"{kind}/groundtruth_{flag}"].astype(bool)
            expected = expected if len(expected) else np.zeros(len(boxes), bool)
            np.testing.assert_array_equal(getattr(record.ground_truth, ours), expected[keep])
        assert record.source_id.encode() == golden[f"{kind}/source_id"]
        assert record.filename.encode() == golden[f"{kind}/filename"]
        assert (record.height, record.width) == (30, 44)


def test_golden_images_decode_to_the_same_pixels() -> None:
    golden = np.load(GOLDEN / "decoder_cases.npz")
    records = read_records([GOLDEN / "decoder_cases.tfrecord"], LABELS)
    for kind, record in zip(golden["kinds"], records, strict=True):
        np.testing.assert_array_equal(decode_pixels(record.encoded, kind), golden[f"{kind}/image"])


def test_records_without_class_numbers_need_a_label_map() -> None:
    kinds = list(np.load(GOLDEN / "decoder_cases.npz")["kinds"])
    records = read_records([GOLDEN / "decoder_cases.tfrecord"], None)
    with pytest.raises(DataError, match=rf"record {kinds.index('text_only')}: .*class/label has 0 values"):
        list(records)


box = st.lists(st.floats(-1, 2, width=32), min_size=4, max_size=4)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.tuples(box, st.integers(1, 3)), max_size=4), max_size=6), st.integers(1, 4))
def test_records_round_trip(tmp_path_factory: pytest.TempPathFactory, drawn: list, shards: int) -> None:
    folder = tmp_path_factory.mktemp("records")
    records = [
        make_record(f"{index}.jpg", [entry[0] for entry in objects], [entry[1] for entry in objects])
        for index, objects in enumerate(drawn)
    ]
    paths = write_records(records, LABELS, folder, "train", shards=shards)
    assert find_records(folder, "train") == paths
    back = {record.filename: record for record in read_records(paths, LABELS)}
    assert len(back) == len(records)
    for record in records:
        assert_same(record, back[record.filename])


def test_records_are_distributed_over_shards_reproducibly(tmp_path: Path) -> None:
    records = [make_record(f"{index}.jpg", [[0, 0, 1, 1]], [1 + index % 3]) for index in range(5)]
    first = write_records(records, LABELS, tmp_path / "a", "train", shards=2)
    second = write_records(iter(records), LABELS, tmp_path / "b", "train", shards=2)
    assert [path.name for path in first] == ["train-00000-of-00002.tfrecord", "train-00001-of-00002.tfrecord"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert [record.filename for record in read_records(first[:1], LABELS)] == ["0.jpg", "2.jpg", "4.jpg"]


def test_class_names_take_precedence_and_unknown_classes_are_dropped(tmp_path: Path) -> None:
    record = make_record("a.jpg", [[0, 0, 0.5, 0.5], [0.1, 0, 1, 1], [0, 0, 1, 1]], [1, 2, 3], [1, 0.5, 0.25])
    paths = write_records([record], LABELS, tmp_path, "train", shards=1)
    (read,) = read_records(paths, LabelMap(((1, "mask_weared_incorrect"), (4, "without_mask"))))
    assert read.ground_truth.class_ids.tolist() == [4, 1]
    assert read.ground_truth.weights.tolist() == [0.5, 0.25]
    assert read.ground_truth.difficult.tolist() == [True, False]


def test_records_contain_stored_names_and_are_read_by_either_name(tmp_path: Path) -> None:
    labels = LabelMap(((1, "dog"), (2, "cat")), ((1, "/m/1"),))
    boxes = [[0, 0, 0.5, 0.5], [0.1, 0, 1, 1]]
    paths = write_records([make_record("a.jpg", boxes, [1, 2])], labels, tmp_path, "train", shards=1)
    assert b"/m/1" in paths[0].read_bytes()
    for known in (labels, LabelMap(((1, "/m/1"), (2, "cat")))):
        (read,) = read_records(paths, known)
        assert read.ground_truth.class_ids.tolist() == [1, 2]
    shown = write_records(
        [make_record("a.jpg", boxes, [1, 2])], LabelMap.of(["dog", "cat"]), tmp_path, "shown", shards=1
    )
    (read,) = read_records(shown, labels)
    assert read.ground_truth.class_ids.tolist() == [1, 2]


def test_class_missing_from_the_label_map_is_rejected_and_no_file_remains(tmp_path: Path) -> None:
    good, bad = make_record("good.jpg", [[0, 0, 1, 1]], [1]), make_record("bad.jpg", [[0, 0, 1, 1]], [7])
    with pytest.raises(DataError, match=r"bad\.jpg: class id 7"):
        write_records([good, bad], LABELS, tmp_path, "train", shards=2)
    assert list(tmp_path.iterdir()) == []


def test_error_names_a_truncated_or_changed_file(tmp_path: Path) -> None:
    (path,) = write_records(
        [make_record("a.jpg", [[0, 0, 1, 1]], [1])] * 3, LABELS, tmp_path, "train", shards=1
    )
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with pytest.raises(DataError, match=r"train-00000-of-00001\.tfrecord: the file is damaged"):
        list(read_records([path], LABELS))
    changed = bytearray(whole)
    changed[40] ^= 1
    path.write_bytes(bytes(changed))
    with pytest.raises(DataError, match="damaged"):
        list(read_records([path], LABELS))
    path.write_text("no records at all, but some text that is long enough")
    with pytest.raises(DataError, match="damaged"):
        list(read_records([path], LABELS))


def test_find_records(tmp_path: Path) -> None:
    for name in (
        "train-00000-of-00002.tfrecord",
        "train-00001-of-00002.tfrecord",
        "validation-00000-of-00001.tfrecord",
    ):
        (tmp_path / name).touch()
    assert [path.name[:5] for path in find_records(tmp_path, "train")] == ["train", "train"]
    assert len(find_records(tmp_path)) == 3
    assert find_records(str(tmp_path / "val*")) == (tmp_path / "validation-00000-of-00001.tfrecord",)
    assert find_records(tmp_path / "train-00000-of-00002.tfrecord") == (
        tmp_path / "train-00000-of-00002.tfrecord",
    )
    with pytest.raises(DataError, match=r"test-00000-of-0000N\.tfrecord"):
        find_records(tmp_path, "test")
    for name in ("old.record-00000-of-00001", "old_train.record", "old.tfrecord.txt.bak", "old.pbtxt"):
        (tmp_path / name).touch()
    assert find_records(tmp_path, "old")[0].name == "old.record-00000-of-00001"
    with pytest.raises(DataError, match="no TFRecord file found"):
        find_records(tmp_path / "missing" / "*.tfrecord")
    (tmp_path / "train-00001-of-00002.tfrecord").unlink()
    with pytest.raises(DataError, match="complete the set"):
        find_records(tmp_path, "train")
