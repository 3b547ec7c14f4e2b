"""Real folders: where images and annotations are found, how they are paired, and what is said of others."""

import unicodedata
from pathlib import Path

import pytest
from PIL import Image

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.data.dataset.doctor import examine
from sweepbox.detection.data.dataset.prepare import PrepareSettings, prepare
from sweepbox.detection.data.dataset.voc import VocObject, format_annotation
from sweepbox.detection.data.dataset.voc_folder import find_voc

COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))


def lay(folder: Path, files: dict[str, str | None]) -> Path:
    """Write files: an image, an annotation whose `<filename>` is the value, or another file."""
    for index, (name, filename) in enumerate(files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.name.startswith("._") or path.suffix not in (".jpg", ".png", ".JPG", ".xml"):
            path.write_bytes(b"\x00\x05\x16\x07 not an image, not XML")
        elif path.suffix == ".xml":
            text = format_annotation(
                filename or "", width=40, height=30, objects=(VocObject("cat", (5, 5, 20, 20)),)
            )
            path.write_bytes(text)
        else:
            Image.new("RGB", (40, 30), (index * 9 % 256, index, 90)).save(path)
    return folder


def pairs_of(folder: Path) -> dict[str, str | None]:
    """Return the image of each annotation, both below the folder; None for an annotation without one."""
    voc = find_voc(folder)
    found = {}
    for path in voc.annotations:
        stated = path.read_text().partition("<filename>")[2].partition("</filename>")[0]
        image = voc.image_of(path, stated or None)
        found[path.relative_to(folder).as_posix()] = image and image.relative_to(folder).as_posix()
    return found


LAYOUTS: dict[str, list[tuple[str, str]]] = {
    "images/ and annotations/": [("images/a.jpg", "annotations/a.xml"), ("images/b.jpg", "annotations/b.xml")],
    "VOC names": [("JPEGImages/a.jpg", "Annotations/a.xml")],
    "one folder": [("a.jpg", "a.xml"), ("b.png", "b.xml")],
    "together in images/": [("images/a.jpg", "images/a.xml"), ("images/b.jpg", "images/b.xml")],
    "images/ and XML at the top": [("images/a.jpg", "a.xml")],
    "images at the top": [("a.jpg", "annotations/a.xml")],
    "train/ and valid/": [
        ("train/a.jpg", "train/a.xml"), ("valid/b.jpg", "valid/b.xml"), ("test/c.jpg", "test/c.xml"),
    ],
    "equal names in train/ and valid/": [("train/1.jpg", "train/1.xml"), ("valid/1.jpg", "valid/1.xml")],
    "images/train": [
        ("images/train/a.jpg", "annotations/train/a.xml"), ("images/val/b.jpg", "annotations/val/b.xml"),
    ],
    "equal names in images/train": [
        ("images/train/1.jpg", "annotations/train/1.xml"), ("images/val/1.jpg", "annotations/val/1.xml"),
    ],
    "images/train, flat annotations": [
        ("images/train/a.jpg", "annotations/a.xml"), ("images/val/b.jpg", "annotations/b.xml"),
    ],
    "annotations/xmls": [("images/a.jpg", "annotations/xmls/a.xml")],
    "train/images": [
        ("train/images/1.jpg", "train/annotations/1.xml"), ("valid/images/1.jpg", "valid/annotations/1.xml"),
    ],
    "images/train together": [
        ("images/train/a.jpg", "images/train/a.xml"), ("images/val/a.jpg", "images/val/a.xml"),
    ],
    "VOCdevkit": [("VOCdevkit/VOC2012/JPEGImages/a.jpg", "VOCdevkit/VOC2012/Annotations/a.xml")],
    "other names": [("photos/a.jpg", "labels/a.xml"), ("photos/b.jpg", "labels/b.xml")],
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_usual_layouts_are_read(tmp_path: Path, layout: str) -> None:
    pairs = LAYOUTS[layout]
    files = {name: None for pair in pairs for name in pair}
    folder = lay(tmp_path / "data", files)
    assert pairs_of(folder) == {annotation: image for image, annotation in pairs}
    assert examine(folder).defects == ()


@pytest.mark.parametrize(
    "stray",
    [
        "annotations/._a.xml", "images/._a.jpg", "._a.xml", "__MACOSX/images/._a.jpg", "__MACOSX/a.xml",
        ".cache/b.jpg", "images/.thumbnails/a.jpg", "images/Thumbs.db", "annotations/trimaps/a.png",
        "annotations/.DS_Store", "images/small/a.jpg", "annotations/old/a.xml", "masks/a.png", "notes.txt",
    ],
)  # fmt: skip
def test_other_files_are_ignored(tmp_path: Path, stray: str) -> None:
    folder = lay(tmp_path / "data", {"images/a.jpg": None, "annotations/a.xml": "a.jpg", stray: None})
    assert pairs_of(folder) == {"annotations/a.xml": "images/a.jpg"}
    assert examine(folder).defects == ()


@pytest.mark.parametrize(
    ("images", "annotation", "filename", "expected"),
    [
        (["a.jpg"], "1.xml", "a.jpg", "a.jpg"),
        (["a.jpg"], "1.xml", "C:\\me\\a.jpg", "a.jpg"),
        (["a.jpg"], "1.xml", "/home/me/a.jpg", "a.jpg"),
        (["a.jpg"], "1.xml", "a", "a.jpg"),
        (["a.jpg"], "1.xml", "a.png", "a.jpg"),
        (["a.JPG"], "1.xml", "a.jpg", "a.JPG"),
        (["IMG_1.jpg"], "img_1.xml", None, "IMG_1.jpg"),
        (["IMG_1.jpg"], "1.xml", "img_1.JPG", "IMG_1.jpg"),
        (["photo.v2.jpg"], "1.xml", "photo.v2", "photo.v2.jpg"),
        ([f"{DECOMPOSED}.jpg"], f"{COMPOSED}.xml", None, f"{DECOMPOSED}.jpg"),
        ([f"{COMPOSED}.jpg"], f"{DECOMPOSED}.xml", None, f"{COMPOSED}.jpg"),
        ([f"{DECOMPOSED}.jpg"], "1.xml", f"{COMPOSED}.jpg", f"{DECOMPOSED}.jpg"),
        ([f"{COMPOSED}.jpg"], "1.xml", f"{DECOMPOSED}.jpg", f"{COMPOSED}.jpg"),
        (["a.jpg", "b.jpg"], "a.xml", "b.jpg", "a.jpg"),
        (["a.jpg", "a.png"], "a.xml", "a.png", "a.png"),
        (["a.jpg", "A.jpg"], "A.xml", None, "A.jpg"),
        (["x/a.jpg", "y/a.jpg"], "1.xml", "a.jpg", None),
        (["x/a.jpg", "y/a.jpg"], "a.xml", "a.jpg", None),
        (["x/a.jpg", "y/a.png"], "a.xml", "a.png", "y/a.png"),
        (["a.jpg"], "b.xml", None, None),
        (["a.jpg"], "b.xml", "c.jpg", None),
    ],
)
def test_images_are_paired_by_stem_and_filename(
    tmp_path: Path, images: list[str], annotation: str, filename: str | None, expected: str | None
) -> None:
    files = {f"images/{name}": None for name in images} | {f"annotations/{annotation}": filename}
    found = pairs_of(lay(tmp_path / "data", files))
    assert found == {f"annotations/{annotation}": expected and f"images/{expected}"}


def test_several_images_of_a_name_are_listed(tmp_path: Path) -> None:
    folder = lay(tmp_path / "data", {"images/x/a.jpg": None, "images/y/a.jpg": None, "annotations/a.xml": None})
    messages = [str(defect) for defect in examine(folder).defects if defect.breaking]
    assert len(messages) == 1
    assert "2 images have its name (images/x/a.jpg, images/y/a.jpg)" in messages[0]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no image found: the folder has no file"),
        ({"a.jpg": None, "labels/a.txt": None}, "no annotation found: .*1 files with .txt in labels/.*YOLO"),
        ({"images/a.jpg": None, "annotations/a.json": None}, "no annotation found: .*.json.*COCO and LabelMe"),
        ({"a.jpg": None, "labels.csv": None}, "no annotation found: .*CSV tables are not read"),
        ({"train.tfrecord": None}, "no image found: .*TFRecords need no preparation"),
        ({"train.record": None}, "no image found: .*TFRecords need no preparation"),
        ({"annotations/a.xml": None}, "no image found: there are 1 files with .xml in annotations/; name"),
        ({"a.heic": None, "a.xml": None}, "no image found: .*1 files with .heic"),
        ({"images/a.jpg": None}, r"no annotation found: .*images/; name a folder with Pascal VOC"),
    ],
)  # fmt: skip
def test_other_layouts_are_described(tmp_path: Path, files: dict[str, str | None], message: str) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(DataError, match=message) as raised:
        find_voc(lay(tmp_path / "data", files))
    assert "\n" not in str(raised.value)


def test_links_to_folders_are_followed_once(tmp_path: Path) -> None:
    lay(tmp_path / "elsewhere", {"a.jpg": None})
    folder = lay(tmp_path / "data", {"annotations/a.xml": None})
    (folder / "images").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "again").symlink_to(folder)
    assert pairs_of(folder) == {"annotations/a.xml": "images/a.jpg"}


def test_records_of_equal_file_names_are_told_apart(tmp_path: Path) -> None:
    files = {
        f"{part}/{name}.{suffix}": None
        for part in ("train", "valid")
        for name in "123"
        for suffix in ("jpg", "xml")
    }
    dataset = prepare(lay(tmp_path / "data", files), tmp_path / "out", PrepareSettings(validation_fraction=0.4))
    pictures = [name for split in dataset.description["splits"].values() for name in split["pictures"]]
    assert sorted(pictures) == [f"{part}/{name}.jpg" for part in ("train", "valid") for name in "123"]
    assert dataset.description["image_folders"] == ["train", "valid"]
