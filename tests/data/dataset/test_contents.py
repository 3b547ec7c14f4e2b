"""What a split knows of records: equal images, and the classes to be found in each."""

from pathlib import Path

import pytest

from sweepbox.detection.data.cache import export_record_set
from sweepbox.detection.data.dataset.contents import record_contents
from sweepbox.detection.data.records import write_records
from tests.data.small_records import LABELS, encode, picture, record


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, ...]:
    same = encode(picture(0, (60, 80)))
    images = [same, encode(picture(1, (60, 80))), same, encode(picture(3, (60, 80)))]
    records = [
        record(number, image, objects=count)
        for number, (image, count) in enumerate(zip(images, (1, 3, 3, 0), strict=True))
    ]
    return write_records(records, LABELS, tmp_path, "train", shards=1)


def test_equal_images_have_equal_keys_and_crowds_do_not_count(paths: tuple[Path, ...]) -> None:
    keys, classes = zip(*record_contents(paths, LABELS), strict=True)
    assert keys[0] == keys[2]
    assert len(set(keys)) == 3
    # The second object of a record is of another class, and the third a crowd of the first.
    assert classes == ({"with_mask"}, {"with_mask", "without_mask"}, {"with_mask", "without_mask"}, set())


@pytest.mark.parametrize("max_side", [None, 40])
def test_decoded_images_say_the_same(paths: tuple[Path, ...], tmp_path: Path, max_side: int | None) -> None:
    decoded = export_record_set(paths, LABELS, tmp_path / "train.arrow", max_side=max_side)
    keys, classes = zip(*record_contents([decoded], LABELS), strict=True)
    expected_keys, expected = zip(*record_contents(paths, LABELS), strict=True)
    assert classes == expected
    assert [keys.index(key) for key in keys] == [expected_keys.index(key) for key in expected_keys]
