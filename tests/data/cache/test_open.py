import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache import open_record_set
from sweepbox.detection.data.records import read_records
from tests.data.small_records import LABELS, assert_holds, cache_file, encode, picture, record, varied, write

from .second_process import SecondProcess

GOLDEN = Path(__file__).parents[2] / "golden"
READER = """
import json, sys
from pathlib import Path
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache import open_record_set

labels = LabelMap.of(["with_mask", "without_mask", "mask_weared_incorrect"])
records = open_record_set([Path(sys.argv[1])], labels)
print(sum(records.image(i).sum(dtype="int64") for i in range(len(records))), "tensorflow" in sys.modules)
"""


def test_record_set_equals_the_records(tmp_path: Path) -> None:
    source = varied(37)  # more than two of the file's batches
    paths = write(tmp_path, source, shards=2)
    records = open_record_set(paths, LABELS)
    assert_holds(records, source[::2] + source[1::2])
    assert records.canvas == (16, 20)
    assert records.max_boxes == 3
    assert records.source_ids[:2] == ["id-0", "id-2"]
    assert records.files.tolist() == [0] * 19 + [1] * 18
    assert records.sizes.dtype == records.original_sizes.dtype == np.int32


def test_decoder_cases_of_the_od_api_are_unchanged(tmp_path: Path) -> None:
    path = GOLDEN / "decoder_cases.tfrecord"
    records = open_record_set([path], LABELS, cache_directory=tmp_path / "cache", keep_unusable_boxes=True)
    assert not (path.parent / ".sweepbox-cache").exists()
    assert records.sizes.tolist() == [[30, 44]] * 11
    for index, source in enumerate(read_records([path], LABELS)):
        np.testing.assert_array_equal(records.ground_truth(index).boxes_yxyx, source.ground_truth.boxes_yxyx)


def test_images_are_views_of_the_mapped_file(tmp_path: Path) -> None:
    records = open_record_set(write(tmp_path, varied(3)), LABELS)
    image = records.image(1)
    assert not image.flags.writeable
    assert not image.flags.owndata
    assert np.shares_memory(image, records.image(1))


@pytest.mark.parametrize("channels", [1, 4])
def test_every_image_has_three_channels(tmp_path: Path, channels: int) -> None:
    pixels = picture(1, channels=channels)
    records = open_record_set(write(tmp_path, [record(0, encode(pixels))]), LABELS)
    expected = np.repeat(pixels, 3, axis=2) if channels == 1 else pixels[..., :3]
    np.testing.assert_array_equal(records.image(0), expected)


@pytest.mark.parametrize("image_format", ["PNG", "JPEG"])
def test_large_images_are_downscaled_to_the_limit(tmp_path: Path, image_format: str) -> None:
    smooth = Image.fromarray(picture(0, (6, 12))).resize((500, 250), Image.Resampling.BICUBIC)
    source = [record(0, encode(smooth, image_format), objects=1), record(1, encode(picture(1)))]
    paths = write(tmp_path, source)
    records = open_record_set(paths, LABELS, max_side=100)
    assert records.sizes.tolist() == [[50, 100], [12, 16]]
    assert records.original_sizes.tolist() == [[250, 500], [12, 16]]
    np.testing.assert_array_equal(records.ground_truth(0).boxes_yxyx, source[0].ground_truth.boxes_yxyx)
    difference = records.image(0).astype(int) - np.asarray(
        smooth.resize((100, 50), Image.Resampling.BOX)
    ).astype(int)
    assert np.abs(difference).mean() < 3
    assert open_record_set(paths, LABELS).fingerprint != records.fingerprint  # another bound is another file


def test_second_open_reads_the_same_file(tmp_path: Path) -> None:
    paths = write(tmp_path, varied(4))
    first = open_record_set(paths, LABELS)
    written = cache_file(paths).stat().st_ino
    assert open_record_set(paths, LABELS).fingerprint == first.fingerprint
    assert cache_file(paths).stat().st_ino == written


def test_other_content_or_labels_use_another_file(tmp_path: Path) -> None:
    paths = write(tmp_path, varied(4))
    first = open_record_set(paths, LABELS)
    fewer = open_record_set(paths, LabelMap.of(["with_mask"]))
    assert fewer.fingerprint != first.fingerprint
    assert fewer.max_boxes == 2  # objects of classes missing from the label map are dropped
    write(tmp_path, varied(5))
    assert len(open_record_set(paths, LABELS)) == 5


@pytest.mark.parametrize("damage", ["cut off", "empty", "overwritten", "of other content"])
def test_damaged_file_is_detected_and_rewritten(tmp_path: Path, damage: str) -> None:
    source = varied(20)
    paths = write(tmp_path, source)
    open_record_set(paths, LABELS)
    file = cache_file(paths)
    if damage == "of other content":
        other = write(tmp_path / "other", varied(2))
        open_record_set(other, LABELS)
        file.write_bytes(cache_file(other).read_bytes())
    else:
        content = file.read_bytes()
        partial = {
            "cut off": content[: len(content) // 2],
            "empty": b"",
            "overwritten": content[:-16] + bytes(16),
        }
        file.unlink()  # the mapping above still has the old bytes
        file.write_bytes(partial[damage])
    assert_holds(open_record_set(paths, LABELS), source)


def test_encoded_images_are_stored_if_pixels_do_not_fit(tmp_path: Path) -> None:
    flat = [record(index, encode(np.full((200, 300, 3), index, np.uint8))) for index in range(5)]
    paths = write(tmp_path, flat)
    records = open_record_set(paths, LABELS, disk_budget_bytes=1000, max_side=100)
    assert cache_file(paths).stat().st_size < 5 * 67 * 100 * 3
    for index in range(5):
        np.testing.assert_array_equal(records.image(index), np.full((67, 100, 3), index))
    assert records.canvas == (67, 100)


@pytest.mark.parametrize("budget", [None, 0])
def test_error_names_an_undecodable_image_and_no_file_remains(tmp_path: Path, budget: int | None) -> None:
    partial = encode(picture(1, (60, 60)), "JPEG")[:900]
    paths = write(tmp_path, [*varied(3), record(7, partial)])
    with pytest.raises(DataError, match=r"picture-7\.png: the image cannot be decoded"):
        open_record_set(paths, LABELS, disk_budget_bytes=budget)
    assert [file.suffix for file in (tmp_path / ".sweepbox-cache").iterdir()] == [".lock"]


def test_error_names_missing_records(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train\.tfrecord: there is no such TFRecord file"):
        open_record_set([tmp_path / "train.tfrecord"], LABELS)
    with pytest.raises(DataError, match="name at least one"):
        open_record_set([], LABELS)


def test_records_without_images_are_an_empty_set(tmp_path: Path) -> None:
    records = open_record_set(write(tmp_path, []), LABELS)
    assert (len(records), records.canvas, records.max_boxes) == (0, (0, 0), 0)


@pytest.mark.slow
def test_two_processes_write_one_file_and_both_map_it(tmp_path: Path, second_process: SecondProcess) -> None:
    (path,) = write(tmp_path, [record(index, encode(picture(index, (300, 400)))) for index in range(30)])
    second_process.start_opening(path)
    records = open_record_set([path], LABELS)
    file = cache_file([path])
    written = file.stat().st_ino
    other = second_process.result()
    assert other["file"] == written == file.stat().st_ino  # a second writer would have replaced the file
    assert other["sums"] == [records.image(index).sum(dtype=np.int64) for index in range(30)]
    assert file.stat().st_mtime < time.time()


def test_a_process_that_only_reads_needs_no_tensorflow(tmp_path: Path) -> None:
    paths = write(tmp_path, varied(4))
    records = open_record_set(paths, LABELS)
    reader = subprocess.run([sys.executable, "-c", READER, *paths], capture_output=True, text=True)
    assert reader.stdout.split() == [str(sum(records.image(index).sum() for index in range(4))), "False"]
