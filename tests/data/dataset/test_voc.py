from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.data.dataset.voc import VocObject, format_annotation, read_annotation
from sweepbox.detection.data.dataset.voc_folder import find_voc

FACE_MASK = Path(__file__).parents[4] / "shared" / "face_mask"
BOX = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3.5</xmax><ymax>4</ymax></bndbox>"


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_reads_all_fields_of_an_object(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.xml",
        "<annotation><filename>a.png</filename><size><width>64</width><height>48</height></size><!-- note -->"
        "<object><name> face </name><pose>Left</pose><truncated>1</truncated><difficult>1</difficult>"
        f"{BOX}</object>"
        f"<object>{BOX}<name>mask</name></object></annotation>",
    )
    annotation = read_annotation(path)
    assert (annotation.filename, annotation.width, annotation.height) == ("a.png", 64, 48)
    assert annotation.objects == (
        VocObject("face", (1, 2, 3.5, 4), difficult=True, truncated=True, pose="Left"),
        VocObject("mask", (1, 2, 3.5, 4)),
    )


@pytest.mark.parametrize("flag", ["difficult", "truncated", "occluded"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", True), ("true", True), ("True", True), ("YES", True), (" 1 ", True), ("0.3", True), ("2", True),
        ("0", False), ("false", False), ("No", False), ("", False), ("Unspecified", False),
        ("unspecified", False),
        ("None", False), ("null", False), ("n/a", False), ("unknown", False), ("-1", False), ("0.0", False),
        ("?", False), ("nan", False), ("-0.5", False), ("maybe", None), ("inf", None), ("1;", None),
    ],
)  # fmt: skip
def test_flags(tmp_path: Path, flag: str, text: str, *, expected: bool | None) -> None:
    path = write(
        tmp_path / "a.xml",
        f"<annotation><object><name>a</name><{flag}>{text}</{flag}>{BOX}</object></annotation>",
    )
    if expected is None:
        with pytest.raises(DataError, match=rf"a\.xml: object 0 \(a\): {flag} is '{text}', expected 0 or 1"):
            read_annotation(path)
    else:
        assert getattr(read_annotation(path).objects[0], flag) is expected


@pytest.mark.parametrize("side", ["width", "height"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [("64", 64), ("64.0", 64), ("0", None), ("", None), *((text, "refused") for text in (
        "1e300", "1" * 400, "-5", "inf", "nan", "1000001", "64px", "64,5"))],
)  # fmt: skip
def test_sizes(tmp_path: Path, side: str, text: str, expected: int | str | None) -> None:
    path = write(tmp_path / "a.xml", f"<annotation><size><{side}>{text}</{side}></size></annotation>")
    if expected == "refused":
        with pytest.raises(
            DataError, match=rf"a\.xml: size/{side} is '.*', expected a number of pixels"
        ) as raised:
            read_annotation(path)
        assert len(str(raised.value)) < len(str(path)) + 160
    else:
        assert getattr(read_annotation(path), side) == expected


@pytest.mark.parametrize("text", ["1e300", "-1e300", "inf", "-inf", "nan", "1e7", "one", "0x10"])
def test_coordinates_that_cannot_be_meant(tmp_path: Path, text: str) -> None:
    path = write(
        tmp_path / "a.xml",
        f"<annotation><object><name>a</name>{BOX.replace('3.5', text)}</object></annotation>",
    )
    with pytest.raises(DataError, match=rf"a\.xml: object 0 \(a\): bndbox/xmax is '{text}'"):
        read_annotation(path)


@pytest.mark.parametrize("name", ["a&#10;b", "a&#9;b", "a&#133;b", "a&#8232;b"])
def test_names_with_control_characters_are_refused(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "a.xml", f"<annotation><object><name>{name}</name>{BOX}</object></annotation>")
    with pytest.raises(DataError, match=r"a\.xml: object 0 \(.*\) has a <name> with a line break") as raised:
        read_annotation(path)
    assert str(raised.value).isprintable()


def test_missing_or_zero_size_is_unknown(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xml", "<annotation><size><width>0</width></size></annotation>")
    annotation = read_annotation(path)
    assert (annotation.width, annotation.height, annotation.objects) == (None, None, ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "malformed XML"),
        ("<annotation><object>", "malformed XML"),
        ("<html/>", "root element is <html>"),
        (f"<annotation><object>{BOX}</object></annotation>", "object 0 has no <name>"),
        ("<annotation><object><name>a</name></object></annotation>", r"object 0 \(a\) has no bndbox/xmin"),
        (
            f"<annotation><object><name>a</name>{BOX.replace('3.5', 'x')}</object></annotation>",
            "bndbox/xmax is 'x', expected a number",
        ),
        (f"<annotation><object><name>a</name>{BOX.replace('3.5', 'nan')}</object></annotation>", "is 'nan'"),
        ("<annotation><size><width>wide</width></size></annotation>", "size/width is 'wide'"),
        ("<annotation>" + "<a>" * 3000 + "</a>" * 3000 + "</annotation>", "malformed XML"),
    ],
)
def test_error_names_a_defective_file_and_its_defect(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=rf"bad\.xml: .*{message}"):
        read_annotation(write(tmp_path / "bad.xml", text))


def test_xml_entities_are_rejected_and_external_files_not_read(tmp_path: Path) -> None:
    secret = write(tmp_path / "secret.txt", "top secret")
    for declaration in (f'<!ENTITY e SYSTEM "{secret.as_uri()}">', '<!ENTITY e "expanded">'):
        text = f"<!DOCTYPE annotation [{declaration}]><annotation><filename>&e;</filename></annotation>"
        with pytest.raises(DataError, match="not accepted"):
            read_annotation(write(tmp_path / "bad.xml", text))
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
    text = f'<!DOCTYPE a [<!ENTITY l0 "ha">{laughs}]><annotation><filename>&l11;</filename></annotation>'
    with pytest.raises(DataError, match=r"bad\.xml"):
        read_annotation(write(tmp_path / "bad.xml", text))


def test_huge_file_is_rejected(tmp_path: Path) -> None:
    with (tmp_path / "bad.xml").open("wb") as file:
        file.truncate(17 * 2**20)
    with pytest.raises(DataError, match="too many for an annotation"):
        read_annotation(tmp_path / "bad.xml")


coordinates = st.floats(-1e4, 1e4)
names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)


@given(st.lists(st.builds(VocObject, names, st.tuples(*[coordinates] * 4), st.booleans(), st.booleans())))
def test_annotations_round_trip(tmp_path_factory: pytest.TempPathFactory, objects: list) -> None:
    path = tmp_path_factory.getbasetemp() / "round.xml"
    path.write_bytes(format_annotation("ä & b.jpg", width=64, height=48, objects=tuple(objects)))
    annotation = read_annotation(path)
    assert (annotation.filename, annotation.width, annotation.height) == ("ä & b.jpg", 64, 48)
    assert annotation.objects == tuple(objects)


@pytest.mark.parametrize("folders", [("images", "annotations"), ("JPEGImages", "Annotations"), (".", ".")])
def test_finds_files_in_the_usual_folders(tmp_path: Path, folders: tuple[str, str]) -> None:
    for folder, names in zip(folders, (["b.JPG", "a.png", "notes.txt"], ["b.xml", "a.xml"]), strict=True):
        (tmp_path / folder).mkdir(exist_ok=True)
        for name in names:
            (tmp_path / folder / name).touch()
    voc = find_voc(tmp_path)
    assert sorted(voc.images) == ["a.png", "b.JPG"]
    assert [path.name for path in voc.annotations] == ["a.xml", "b.xml"]


def test_images_are_matched_by_stem_then_by_filename(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "b.png", "photo.png", "a.xml"):
        (tmp_path / name).touch()
    voc = find_voc(tmp_path)
    for stem, filename, expected in [
        ("a", "photo.png", "a.jpg"),
        ("b", "b.png", "b.png"),
        ("b", "other.png", "b.jpg"),
        ("c", "photo.png", "photo.png"),
        ("c", "C:\\pictures\\photo.png", "photo.png"),
        ("c", "none.png", None),
        ("c", None, None),
    ]:
        found = voc.image_of(tmp_path / f"{stem}.xml", filename)
        assert (found.name if found else None) == expected


def test_folder_without_data_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        find_voc(tmp_path / "missing")
    with pytest.raises(DataError, match="no image found"):
        find_voc(tmp_path)
    (tmp_path / "a.jpg").touch()
    with pytest.raises(DataError, match="no annotation found"):
        find_voc(tmp_path)


@pytest.mark.skipif(not FACE_MASK.is_dir(), reason="the face-mask photographs are not beside the repository")
def test_annotations_of_the_photographs_are_read() -> None:
    voc = find_voc(FACE_MASK)
    annotations = [read_annotation(path) for path in voc.annotations]
    counts = Counter(found.name for annotation in annotations for found in annotation.objects)
    assert len(annotations) == 767
    assert counts == {"with_mask": 2922, "without_mask": 666, "mask_weared_incorrect": 113}
    assert all(voc.image_of(annotation.path, annotation.filename) for annotation in annotations)
