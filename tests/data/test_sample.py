import hashlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from sweepbox.detection.config.label_map import load_label_map
from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.data.dataset.doctor import examine
from sweepbox.detection.data.dataset.voc import read_annotation
from sweepbox.detection.data.dataset.voc_folder import find_voc
from sweepbox.detection.data.sample import CLASS_NAMES, draw_sample
from sweepbox.detection.data.sample.dataset import _class_of

IMAGES, SIZE = 8, 160


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "out"
    draw_sample(folder, images=IMAGES, size=SIZE, seed=4)
    return folder


def test_sample_has_no_defects(sample: Path) -> None:
    report = examine(sample)
    assert report.defects == ()
    assert (report.images, report.annotations) == (IMAGES, IMAGES)
    assert report.image_width is not None
    assert report.image_width.max == SIZE
    assert set(report.class_counts) <= set(CLASS_NAMES)
    assert load_label_map(sample / "label_map.pbtxt").names == CLASS_NAMES


def test_number_size_and_overlap_of_faces(sample: Path) -> None:
    for path in find_voc(sample).annotations:
        boxes = [found.box_pixels for found in read_annotation(path).objects]
        assert 1 <= len(boxes) <= 7
        for box in boxes:
            assert 0.1 * SIZE <= box[3] - box[1] <= 0.55 * SIZE
        for index, first in enumerate(boxes):
            for second in boxes[:index]:
                width = min(first[2], second[2]) - max(first[0], second[0])
                height = min(first[3], second[3]) - max(first[1], second[1])
                smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (first, second))
                assert max(width, 0) * max(height, 0) <= 0.25 * smaller


def test_images_are_jpegs_of_the_requested_size(sample: Path) -> None:
    for path in (sample / "images").iterdir():
        with Image.open(path) as picture:
            assert (picture.format, picture.size, picture.mode) == ("JPEG", (SIZE, SIZE), "RGB")


def test_another_process_writes_the_same_bytes(sample: Path, tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from sweepbox.detection.data.sample import draw_sample;"
        f"draw_sample(Path({str(tmp_path / 'again')!r}), images={IMAGES}, size={SIZE}, seed=4)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
    assert contents(tmp_path / "again") == contents(sample)


def test_fewer_images_are_a_prefix_and_other_seeds_differ(sample: Path, tmp_path: Path) -> None:
    draw_sample(tmp_path / "few", images=2, size=SIZE, seed=4)
    few = contents(tmp_path / "few")
    assert len(few) == 5
    assert few.items() <= contents(sample).items()
    draw_sample(tmp_path / "other", images=1, size=SIZE, seed=5)
    assert contents(tmp_path / "other")["images/scene_00000.jpg"] != few["images/scene_00000.jpg"]


def test_classes_occur_five_to_two_to_one() -> None:
    counts = Counter(_class_of(0, face) for face in range(800))
    assert counts == {"with_mask": 500, "without_mask": 200, "mask_weared_incorrect": 100}


def test_invalid_arguments_are_rejected_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "file").touch()
    for out, options, message in [
        ("new", {"images": 0}, "images is 0"),
        ("new", {"size": 10}, "size is 10"),
        ("full", {}, "not empty"),
        ("file", {}, "a file stands there"),
    ]:
        with pytest.raises(UsageError, match=message):
            draw_sample(tmp_path / out, **options)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "full"]
    (tmp_path / "empty").mkdir()
    draw_sample(tmp_path / "empty", images=1, size=64)
    assert (tmp_path / "empty" / "images" / "scene_00000.jpg").is_file()


def test_no_output_remains_after_an_error(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draw_sample(tmp_path / "out", images=2, size=64, on_progress=stop)
    assert list(tmp_path.iterdir()) == []
