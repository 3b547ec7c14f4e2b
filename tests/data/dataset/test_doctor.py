import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.dataset.defects import DefectKind
from sweepbox.detection.data.dataset.doctor import DoctorReport, examine

FACE_MASK = Path(__file__).parents[4] / "shared" / "face_mask"
GOOD = ("face", (4.0, 4.0, 20.0, 30.0))


def found(report: DoctorReport) -> list[tuple[DefectKind, str, int | None, bool]]:
    return [(defect.kind, defect.file, defect.object_index, defect.breaking) for defect in report.defects]


def test_valid_data_has_no_defects(make_voc: Callable[..., Path]) -> None:
    folder = make_voc({"a": [GOOD, ("mask", (0.0, 0.0, 64.0, 48.0))], "b": [GOOD], "c": []})
    report = examine(folder)
    assert report.defects == ()
    assert not report.breaks_training
    assert report.class_counts == {"face": 2, "mask": 1}
    assert report.class_images == report.to_json()["class_images"] == {"face": 2, "mask": 1}
    assert report.images_without_objects == 1
    assert (report.annotations, report.images) == (3, 3)
    face = report.box_sizes["face"]
    assert (face.width.min, face.height.max, face.small_share) == (16, 26, 1.0)
    assert report.box_sizes["mask"].small_share == 0.0
    assert report.image_width is not None
    assert (report.image_width.min, report.image_width.max) == (64, 64)


@pytest.mark.parametrize(
    ("box", "kind", "breaking"),
    [
        ((-3.0, 4.0, 20.0, 30.0), DefectKind.BOX_OUTSIDE, False),
        ((4.0, 4.0, 64.5, 30.0), DefectKind.BOX_OUTSIDE, False),
        ((70.0, 4.0, 80.0, 30.0), DefectKind.BOX_OUTSIDE, True),
        ((4.0, -9.0, 20.0, 0.0), DefectKind.BOX_OUTSIDE, True),
        ((20.0, 4.0, 20.0, 30.0), DefectKind.BOX_EMPTY, True),
        ((20.0, 4.0, 4.0, 30.0), DefectKind.BOX_INVERTED, True),
        ((4.0, 30.0, 20.0, 4.0), DefectKind.BOX_INVERTED, True),
    ],
)
def test_defective_boxes(make_voc: Callable[..., Path], box: tuple, kind: DefectKind, breaking: bool) -> None:
    report = examine(make_voc({"a": [GOOD, ("face", box)], "b": [GOOD]}))
    assert found(report) == [(kind, "annotations/a.xml", 1, breaking)]
    assert report.breaks_training == breaking


def test_unknown_class_is_reported_with_a_hint_if_a_label_map_is_given(make_voc: Callable[..., Path]) -> None:
    folder = make_voc({"a": [GOOD, ("with_maks", (1.0, 1.0, 9.0, 9.0))]})
    assert examine(folder).defects == ()
    report = examine(folder, label_map=LabelMap.of(["face", "with_mask"]))
    assert found(report) == [(DefectKind.UNKNOWN_CLASS, "annotations/a.xml", 1, True)]
    assert "did you mean 'with_mask'?" in report.defects[0].message
    (folder / "label_map.pbtxt").write_text('item { id: 1 name: "face" }')
    assert [defect.kind for defect in examine(folder).defects] == [DefectKind.UNKNOWN_CLASS]


def test_damaged_missing_and_leftover_files(make_voc: Callable[..., Path]) -> None:
    folder = make_voc({name: [GOOD] for name in ("cut", "empty", "gone", "text", "torn", "good", "left")})
    images, annotations = folder / "images", folder / "annotations"
    (images / "cut.jpg").write_bytes((images / "cut.jpg").read_bytes()[:-300])
    (images / "empty.jpg").write_bytes(b"")
    (images / "gone.jpg").unlink()
    (images / "text.jpg").write_text("not an image")
    (annotations / "torn.xml").write_text("<annotation>")
    (annotations / "left.xml").unlink()
    report = examine(folder)
    assert set(found(report)) == {
        (DefectKind.UNREADABLE_IMAGE, "images/cut.jpg", None, True),
        (DefectKind.UNREADABLE_IMAGE, "images/empty.jpg", None, True),
        (DefectKind.IMAGE_MISSING, "annotations/gone.xml", None, True),
        (DefectKind.UNREADABLE_IMAGE, "images/text.jpg", None, True),
        (DefectKind.MALFORMED_ANNOTATION, "annotations/torn.xml", None, True),
        (DefectKind.ANNOTATION_MISSING, "images/torn.jpg", None, False),
        (DefectKind.ANNOTATION_MISSING, "images/left.jpg", None, False),
    }
    json.dumps(report.to_json(), allow_nan=False)


def test_a_broken_png_is_reported(make_voc: Callable[..., Path]) -> None:
    folder = make_voc({"a": [GOOD], "b": [GOOD]})
    Image.open(folder / "images" / "a.jpg").save(folder / "images" / "a.png")
    (folder / "images" / "a.jpg").unlink()
    data = bytearray((folder / "images" / "a.png").read_bytes())
    data[len(data) // 2] ^= 255
    (folder / "images" / "a.png").write_bytes(bytes(data))
    assert found(examine(folder)) == [(DefectKind.UNREADABLE_IMAGE, "images/a.png", None, True)]


def test_annotated_size_that_differs_from_the_image(make_voc: Callable[..., Path]) -> None:
    folder = make_voc({"twice": [GOOD], "other": [GOOD]})
    for name, width, height in (("twice", 128, 96), ("other", 64, 64)):
        path = folder / "annotations" / f"{name}.xml"
        text = path.read_text().replace("<width>64<", f"<width>{width}<")
        path.write_text(text.replace("<height>48<", f"<height>{height}<"))
    assert found(examine(folder)) == [
        (DefectKind.SIZE_CONTRADICTS_IMAGE, "annotations/other.xml", None, True),
        (DefectKind.SIZE_CONTRADICTS_IMAGE, "annotations/twice.xml", None, False),
    ]


def test_format_that_differs_from_the_file_name_and_exif_orientation(make_voc: Callable[..., Path]) -> None:
    folder = make_voc({"a": [GOOD], "b": [GOOD]})
    picture = Image.open(folder / "images" / "a.jpg")
    picture.save(folder / "images" / "a.jpg", "PNG")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.open(folder / "images" / "b.jpg").save(folder / "images" / "b.jpg", exif=exif)
    assert found(examine(folder)) == [
        (DefectKind.FORMAT_CONTRADICTS_NAME, "images/a.jpg", None, False),
        (DefectKind.TURNED_BY_EXIF, "images/b.jpg", None, False),
    ]


def test_duplicates(make_voc: Callable[..., Path]) -> None:
    folder = make_voc({"a": [GOOD, GOOD], "b": [GOOD]})
    (folder / "images" / "b.jpg").write_bytes((folder / "images" / "a.jpg").read_bytes())
    second = (folder / "annotations" / "b.xml").read_text()
    (folder / "annotations" / "c.xml").write_text(second)
    report = examine(folder)
    assert found(report) == [
        (DefectKind.DUPLICATE_OBJECT, "annotations/a.xml", 1, False),
        (DefectKind.DUPLICATE_IMAGE, "images/b.jpg", None, False),
        (DefectKind.SECOND_ANNOTATION, "annotations/c.xml", None, True),
    ]


@pytest.mark.parametrize(
    ("names", "classes", "expected"),
    [
        (["cat"] * 6 + ["Cat"] * 2, None, [("annotations/i6.xml", True)]),
        (["red light", "red_light", "dog"], None, [("annotations/i1.xml", True)]),
        (
            ["caf\u00e9", "cafe\u0301", "cafe"],
            None,
            [("annotations/i0.xml", True)] * 2 + [("annotations/i1.xml", True)],
        ),
        (["helmet", "helmets"], None, [("annotations/i1.xml", False)]),
        (["cat", "dog"], None, []),
        (["cat", "Cat"], ["cat", "Cat"], [("annotations/i0.xml", False)]),
        (["cat", "Cat"], ["cat"], []),  # unknown, which is reported
    ],
)
def test_similar_class_names(
    make_voc: Callable[..., Path], names: list[str], classes: list[str] | None, expected: list
) -> None:
    boxes = {f"i{index}": [(name, GOOD[1])] for index, name in enumerate(names)}
    report = examine(make_voc(boxes), label_map=LabelMap.of(classes) if classes else None)
    similar = [defect for defect in report.defects if defect.kind is DefectKind.SIMILAR_CLASS_NAMES]
    assert sorted((defect.file, defect.breaking) for defect in similar) == sorted(expected)


@pytest.mark.skipif(not FACE_MASK.is_dir(), reason="the face-mask photographs are not beside the repository")
def test_photographs_pass() -> None:
    report = examine(FACE_MASK)
    kinds = [defect.kind for defect in report.defects]
    assert kinds.count(DefectKind.BOX_OUTSIDE) == 11
    assert kinds.count(DefectKind.DUPLICATE_IMAGE) == 4
    assert len(kinds) == 15
    assert not report.breaks_training
