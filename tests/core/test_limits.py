"""What is read from files: regular files only, of limited size, and images of limited pixels."""

import io
import os
import socket
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sweepbox.detection.core.decoding import TooManyPixelsError, open_image, reason_of
from sweepbox.detection.core.errors import DataError, UsageError
from sweepbox.detection.core.limits import ANNOTATION_BYTES, IMAGE_PIXELS, LIMITS, Limit
from sweepbox.detection.core.regular_files import read_regular
from sweepbox.detection.data.dataset.images import inspect_image
from sweepbox.detection.data.dataset.voc import read_annotation
from sweepbox.detection.data.pixels import decode_bounded, decode_pixels
from sweepbox.detection.inference.images import read_image


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


SPECIAL: dict[str, Callable[[Path], object]] = {
    "a named pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a socket": _socket,
    "cannot be read (No such file": lambda path: path.symlink_to("missing"),
    "cannot be read (Too many levels": lambda path: path.symlink_to(path.name),
}
READERS: dict[str, Callable[[Path], object]] = {
    "annotation": read_annotation,
    "image": inspect_image,
    "detect": read_image,
    "any": lambda path: read_regular(path, ANNOTATION_BYTES),
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", SPECIAL)
def test_only_regular_files_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, reader: str
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    path = Path("a.jpg")
    SPECIAL[kind](path)
    with pytest.raises(DataError, match=r"a\.jpg: ") as raised:
        READERS[reader](path)
    assert kind in str(raised.value) or "there is no such image" in str(raised.value)


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    (tmp_path / "b").symlink_to("a")
    assert read_regular(tmp_path / "b", ANNOTATION_BYTES) == b"content"


@pytest.mark.parametrize(
    ("size", "is_read"), [(0, True), (99, True), (100, True), (101, False), (10**13, False)]
)
def test_files_are_limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, *, is_read: bool
) -> None:
    monkeypatch.setenv(ANNOTATION_BYTES.variable, "100")
    with (tmp_path / "a").open("wb") as file:
        file.truncate(size)
    if is_read:
        assert len(read_regular(tmp_path / "a", ANNOTATION_BYTES)) == size
    else:
        with pytest.raises(
            DataError, match=rf"{size} bytes are too many for an annotation .*set {ANNOTATION_BYTES.variable}"
        ):
            read_regular(tmp_path / "a", ANNOTATION_BYTES)


def test_a_file_that_grows_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of /proc have no size, so that only reading shows it."""
    monkeypatch.setenv(ANNOTATION_BYTES.variable, "10")
    with pytest.raises(DataError, match="11 bytes are too many"):
        read_regular(Path("/proc/self/status"), ANNOTATION_BYTES)


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.variable)
@pytest.mark.parametrize("text", ["", " ", "7", "0", "-1", "1e9", "many", "1.5", "9" * 30, "\uff11\uff12"])
def test_limits_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, limit: Limit, text: str) -> None:
    monkeypatch.setenv(limit.variable, text)
    if text.strip() in ("", "7"):
        assert limit.value == (7 if text == "7" else limit.default)
    else:
        with pytest.raises(UsageError, match=rf"{limit.variable} is .*whole number of {limit.unit} above 0"):
            _ = limit.value


def test_the_documentation_states_the_limits() -> None:
    text = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
    for limit in LIMITS:
        assert f"| `{limit.variable}` | {limit.default} |" in text


def encoded(image_format: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(buffer, image_format)
    return buffer.getvalue()


def claimed(image_format: str, side: int = 13_000) -> bytes:
    """Return a small file whose header claims `side` x `side` pixels."""
    data, size = encoded(image_format), struct.pack(">HH", side, side)
    if image_format == "JPEG":
        return data.replace(struct.pack(">HH", 20, 30), size, 1)
    if image_format == "PNG":
        header = b"IHDR" + struct.pack(">II", side, side) + data[24:29]
        return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]
    if image_format == "BMP":
        return data[:18] + struct.pack("<ii", side, side) + data[26:]
    little = struct.pack("<HH", side, side)
    return data[:6] + little + data[10:]  # GIF


READ_PIXELS: dict[str, Callable[[Path], object]] = {
    "doctor": inspect_image,
    "detect": read_image,
    "records": lambda path: decode_pixels(path.read_bytes(), str(path)),
    "shrunk records": lambda path: decode_bounded(path.read_bytes(), str(path), 640),
}


@pytest.mark.parametrize("reader", READ_PIXELS)
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "BMP", "GIF"])
def test_pixels_are_limited_before_they_are_decoded(tmp_path: Path, image_format: str, reader: str) -> None:
    path = tmp_path / "bomb.jpg"
    path.write_bytes(claimed(image_format))
    with pytest.raises(
        DataError, match=rf"bomb\.jpg: .*13000 x 13000 pixels are too many .*{IMAGE_PIXELS.variable}"
    ):
        READ_PIXELS[reader](path)


@pytest.mark.parametrize(("limit", "is_opened"), [("600", True), ("599", False), ("1000000000", True)])
def test_the_limit_on_pixels_can_be_changed(
    monkeypatch: pytest.MonkeyPatch, limit: str, *, is_opened: bool
) -> None:
    monkeypatch.setenv(IMAGE_PIXELS.variable, limit)
    if is_opened:
        assert open_image(encoded("PNG")).size == (30, 20)
        assert Image.MAX_IMAGE_PIXELS is not None  # Pillow's own limit stands
    else:
        with pytest.raises(TooManyPixelsError, match="30 x 20 pixels are too many for an image"):
            open_image(encoded("PNG"))


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (
            "{{function_node __wrapped__DecodeJpeg_device_/job:a}} Invalid JPEG data, size 3 [Op:A]",
            "Invalid JPEG data, size 3",
        ),
        ("Invalid PNG [Op:DecodeImage] name: x", "Invalid PNG"),
        ("{{node a}} {{node b}} bad", "bad"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_names_of_nodes_are_not_shown(message: str, reason: str) -> None:
    assert reason_of(message) == reason


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.98])
@pytest.mark.parametrize("reader", READ_PIXELS)
def test_cut_images_do_not_show_tensorflow(tmp_path: Path, share: float, reader: str) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (90, 120, 3), np.uint8)
    path = tmp_path / "cut.jpg"
    Image.fromarray(pixels).save(path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(DataError, match=r"cut\.jpg: ") as raised:
        READ_PIXELS[reader](path)
    for word in ("{{", "node", "Op:", "device", "\n"):
        assert word not in str(raised.value).removeprefix(str(path))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("prefix", [b"zTXt" + b"a\0\0", b"iTXt" + b"a\0\1\0\0\0", b"iCCP" + b"a\0\0"])
@pytest.mark.parametrize(("count", "size"), [(1, 100_000_000), (100, 1_000_000)])
def test_a_png_whose_texts_unpack_to_much_is_refused(
    tmp_path: Path, prefix: bytes, count: int, size: int
) -> None:
    if prefix.startswith(b"iCCP") and count > 1:
        pytest.skip("a picture has one profile")
    content, good = zlib.compress(bytes(size), 9), encoded("PNG")
    bomb = _chunk(prefix[:4], prefix[4:] + content) * count
    path = tmp_path / "picture.png"
    path.write_bytes(good[:33] + bomb + good[33:])  # after the header
    assert path.stat().st_size < 1_000_000
    for read in (inspect_image, read_image):
        with pytest.raises(DataError, match="text"):
            read(path)
