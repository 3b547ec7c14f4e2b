"""Detection in many images: the files that are written, and errors that leave the folder unchanged."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sweepbox.detection.core.errors import DataError, UsageError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.inference.detect_images import DetectedImage, detect_images
from sweepbox.detection.inference.detector import Detector

LABELS = LabelMap.of(("with_mask", "without_mask", "mask_weared_incorrect"))


@pytest.fixture
def detector(golden_detector: Detector) -> Detector:
    return golden_detector


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "pictures"
    folder.mkdir()
    random = np.random.default_rng(2)
    for name in ("a.png", "b.jpg"):
        Image.fromarray(random.integers(0, 256, (60, 90, 3), np.uint8)).save(folder / name)
    return sorted(folder.iterdir())


def _detect(detector: Detector, pictures: list[Path], out: Path, **options: bool) -> tuple[DetectedImage, ...]:
    return detect_images(detector, pictures, out, labels=LABELS, threshold=0.6, **options)


def test_annotated_copies_and_coco_results(detector: Detector, pictures: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    found = _detect(detector, pictures, out)
    assert sorted(path.name for path in out.iterdir()) == ["a.png", "b.jpg", "detections.json"]
    assert [path.name for path in out.parent.iterdir()] == ["out"]
    results = json.loads((out / "detections.json").read_text())
    assert len(results) == sum(len(picture.detections) for picture in found) > 0
    for result in results:
        assert set(result) == {"image_id", "category_id", "bbox", "score", "file_name"}
        x, y, width, height = result["bbox"]
        assert 0 <= x <= x + width <= 90.01
        assert 0 <= y <= y + height <= 60.01
        assert result["category_id"] in (1, 2, 3)
        assert result["file_name"] == ["a.png", "b.jpg"][result["image_id"] - 1]
        assert 0.6 <= result["score"] <= 1
    first = found[0].detections
    box = np.array(results[0]["bbox"])
    expected = first.boxes_yxyx[0] * [60, 90, 60, 90]
    np.testing.assert_allclose(box, [expected[1], expected[0], *(expected[2:] - expected[:2])[::-1]], atol=1e-3)
    with Image.open(out / "a.png") as copy, Image.open(pictures[0]) as source:
        assert copy.size == source.size
        assert copy.tobytes() != source.tobytes()


def test_nothing_is_written_if_one_image_is_damaged(
    detector: Detector, pictures: list[Path], tmp_path: Path
) -> None:
    pictures[1].write_bytes(pictures[1].read_bytes()[:200])
    with pytest.raises(DataError, match=r"b\.jpg"):
        _detect(detector, pictures, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]


def test_existing_files_are_replaced_only_when_allowed(
    detector: Detector, pictures: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.png").write_text("mine")
    (out / "notes.txt").write_text("mine too")
    with pytest.raises(UsageError, match=r"a\.png: exists already"):
        _detect(detector, pictures, out)
    assert (out / "a.png").read_text() == "mine"
    _detect(detector, pictures, out, overwrite=True)
    with Image.open(out / "a.png") as written:
        assert written.size == (90, 60)
    assert (out / "notes.txt").read_text() == "mine too"


def test_an_image_never_overwrites_its_source(detector: Detector, pictures: list[Path]) -> None:
    before = pictures[0].read_bytes()
    with pytest.raises(UsageError, match="would overwrite its own source"):
        _detect(detector, pictures, pictures[0].parent, overwrite=True)
    assert pictures[0].read_bytes() == before


def test_two_images_with_the_same_name_are_refused(
    detector: Detector, pictures: list[Path], tmp_path: Path
) -> None:
    twin = tmp_path / "a.png"
    twin.write_bytes(pictures[0].read_bytes())
    with pytest.raises(UsageError, match=r"would both be written as a\.png"):
        _detect(detector, [*pictures, twin], tmp_path / "out")


def test_other_misuse(detector: Detector, pictures: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there are no images"):
        _detect(detector, [], tmp_path / "out")
    with pytest.raises(UsageError, match="is a file"):
        _detect(detector, pictures, pictures[0])
    odd = pictures[0].rename(pictures[0].with_suffix(".picture"))
    with pytest.raises(DataError, match=r"cannot write '\.picture' images"):
        _detect(detector, [odd], tmp_path / "out")


@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".MOV", ".pdf", ".heic", ".svg", ""])
def test_other_formats_are_refused_with_the_supported_ones(
    detector: Detector, pictures: list[Path], tmp_path: Path, suffix: str
) -> None:
    odd = pictures[0].rename(pictures[0].with_suffix(suffix))
    with pytest.raises(DataError, match=r"supported are \.jpg, \.jpeg, \.png, .*frames of a video") as raised:
        _detect(detector, [odd], tmp_path / "out")
    assert str(raised.value).startswith(f"{odd}: cannot write {suffix!r} images")
