"""Turned photographs: whether boxes refer to the stored or the upright image, by size and extent of boxes."""

import struct
from pathlib import Path

import pytest
from PIL import Image

from sweepbox.detection.data.dataset.defects import DefectKind
from sweepbox.detection.data.dataset.doctor import examine
from sweepbox.detection.data.dataset.frames import Frame, check_frame
from sweepbox.detection.data.dataset.images import ORIENTATIONS, ImageMetadata, inspect_image
from sweepbox.detection.data.dataset.plan import plan_dataset
from sweepbox.detection.data.dataset.voc import VocAnnotation, VocObject, format_annotation
from sweepbox.detection.data.dataset.voc_folder import find_voc

WIDE, SQUARE = (80, 60), (60, 60)
LOW, TALL, BROAD, FAR = (5, 5, 20, 20), (5, 5, 20, 75), (5, 5, 75, 20), (5, 5, 75, 75)
TURNED, UNCLEAR, SIZE = (
    DefectKind.TURNED_BY_EXIF, DefectKind.ORIENTATION_UNCLEAR, DefectKind.SIZE_CONTRADICTS_IMAGE,
)  # fmt: skip
STORED, UPRIGHT = "as stored", "upright"


@pytest.mark.parametrize(
    ("stored", "orientation", "stated", "box", "reading", "kinds"),
    [
        (WIDE, 1, WIDE, LOW, STORED, []),
        (WIDE, 6, WIDE, LOW, STORED, [TURNED]),
        (WIDE, 8, (60, 80), LOW, UPRIGHT, [TURNED]),
        (WIDE, 5, (60, 80), LOW, UPRIGHT, [TURNED]),
        (WIDE, 7, WIDE, BROAD, STORED, [TURNED]),
        (SQUARE, 6, SQUARE, LOW, STORED, [UNCLEAR]),
        (SQUARE, 8, None, LOW, STORED, [UNCLEAR]),
        (SQUARE, 6, (120, 120), LOW, STORED, [SIZE, UNCLEAR]),
        (SQUARE, 1, SQUARE, LOW, STORED, []),
        (WIDE, 2, WIDE, LOW, STORED, [UNCLEAR]),
        (WIDE, 3, WIDE, LOW, STORED, [UNCLEAR]),
        (WIDE, 4, None, LOW, STORED, [UNCLEAR]),
        (WIDE, 6, None, LOW, STORED, [UNCLEAR]),
        (WIDE, 6, None, TALL, UPRIGHT, [TURNED]),
        (WIDE, 6, None, BROAD, STORED, [TURNED]),
        (WIDE, 6, None, FAR, STORED, [UNCLEAR]),
        (WIDE, 1, None, TALL, STORED, []),
        (WIDE, 6, (160, 120), LOW, STORED, [SIZE, TURNED]),
        (WIDE, 6, (120, 160), LOW, UPRIGHT, [SIZE, TURNED]),
        (WIDE, 1, (60, 80), LOW, None, [SIZE]),
        (WIDE, 6, (50, 50), LOW, None, [SIZE]),
        (SQUARE, 6, (80, 60), LOW, None, [SIZE]),
        (WIDE, 0, WIDE, LOW, STORED, []),
        (WIDE, 99, WIDE, LOW, STORED, []),
        (SQUARE, 6, SQUARE, None, STORED, []),
    ],
)
def test_the_frame_is_decided_by_evidence(
    stored: tuple[int, int],
    orientation: int,
    stated: tuple[int, int] | None,
    *,
    box: tuple[int, int, int, int] | None,
    reading: str | None,
    kinds: list[DefectKind],
) -> None:
    objects = () if box is None else (VocObject("cat", box),)
    annotation = VocAnnotation(Path("a.xml"), "a.jpg", *(stated or (None, None)), objects)
    frame, found = check_frame(annotation, ImageMetadata(*stored, "JPEG", "RGB", orientation, "hash"))
    assert [kind for kind, _, _ in found] == kinds
    assert [kind for kind, breaking, _ in found if breaking] == ([SIZE] if reading is None else [])
    size = stated or (stored[::-1] if reading is UPRIGHT else stored)
    assert frame == (None if reading is None else Frame(*size, turn=reading is UPRIGHT))
    for kind, _, message in found:
        assert kind is not TURNED or message.endswith(f"refer to the image {reading}")


def test_an_undecided_image_is_listed_by_doctor_and_prepare(tmp_path: Path) -> None:
    for sub in ("images", "annotations"):
        (tmp_path / sub).mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", SQUARE).save(tmp_path / "images" / "a.jpg", exif=exif)
    text = format_annotation("a.jpg", width=60, height=60, objects=(VocObject("cat", LOW),))
    (tmp_path / "annotations" / "a.xml").write_bytes(text)
    report = examine(tmp_path)
    assert [(defect.kind, defect.file) for defect in report.defects] == [(UNCLEAR, "images/a.jpg")]
    assert "neither size nor boxes show" in report.defects[0].message
    assert not report.breaks_training
    plan = plan_dataset(find_voc(tmp_path), None, skip_damaged=False)
    assert [defect.kind for defect in plan.notes] == [UNCLEAR]


def exif_of(kind: int, value: bytes) -> bytes:
    """Return EXIF data with an orientation of another type of value, as TIFF numbers types."""
    entry = struct.pack("<HHI", 0x0112, kind, len(value) if kind == 2 else 1) + value.ljust(4, b"\x00")
    return b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00" + entry + bytes(4)


@pytest.mark.parametrize(
    "exif",
    [
        exif_of(2, b"six"), exif_of(2, b""), exif_of(3, b"\xff\xff"), exif_of(3, b"\x00"),
        exif_of(11, struct.pack("<f", float("nan"))), exif_of(11, struct.pack("<f", float("inf"))),
    ],
)  # fmt: skip
def test_a_damaged_orientation_is_no_error(tmp_path: Path, exif: bytes) -> None:
    path = tmp_path / "a.jpg"
    Image.new("RGB", WIDE).save(path, exif=exif)
    assert inspect_image(path).orientation not in ORIENTATIONS
