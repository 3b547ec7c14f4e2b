"""Image files: metadata, whether they can be decoded, and their bytes for a TFRecord."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from sweepbox.detection.core.decoding import DECODING_ERRORS, open_image
from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.limits import IMAGE_BYTES
from sweepbox.detection.core.regular_files import read_regular

FORMATS = {
    "JPEG": (".jpg", ".jpeg"), "PNG": (".png",), "BMP": (".bmp",), "GIF": (".gif",), "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
}  # fmt: skip
"""The supported formats by their Pillow names, with their file suffixes."""

ORIENTATION_TAG = 0x0112
ORIENTATIONS = (2, 3, 4, 5, 6, 7, 8)
"""The EXIF orientations under which a viewer turns or mirrors the image."""
TURNED_ORIENTATIONS = (5, 6, 7, 8)
"""The EXIF orientations under which a viewer swaps width and height."""


@dataclass(frozen=True, slots=True)
class ImageMetadata:
    """An image file's stored size in pixels, format, mode, EXIF orientation and hash of its bytes."""

    width: int
    height: int
    image_format: str
    mode: str
    orientation: int
    sha256: str

    @property
    def decodes_everywhere(self) -> bool:
        """Whether every reader of TFRecords decodes these bytes to the same three 8-bit channels."""
        return self.image_format in ("JPEG", "PNG") and self.mode in ("RGB", "L")


def inspect_image(path: Path) -> ImageMetadata:
    """Decode an image once and return its metadata; DataError if it is unreadable, truncated or too large."""
    data = read_regular(path, IMAGE_BYTES)
    image = _decoded(data, path)
    return ImageMetadata(
        width=image.width,
        height=image.height,
        image_format=_format_of(image),
        mode=image.mode,
        orientation=_orientation_of(image),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _decoded(data: bytes, path: Path) -> Image.Image:
    """Return the decoded image; its format is detected from the bytes."""
    if not data:
        raise DataError(f"{path}: the file is empty")
    try:
        image = open_image(data, formats=tuple(FORMATS))
        image.load()
    except DECODING_ERRORS as error:
        reason = str(error) if "BytesIO" not in str(error) else "it is in no known image format"
        raise DataError(f"{path}: the image cannot be decoded: {reason}") from error
    return image


def _orientation_of(image: Image.Image) -> int:
    """Return the EXIF orientation; 1 if it is missing or damaged."""
    try:
        return int(image.getexif().get(ORIENTATION_TAG, 1))
    except (*DECODING_ERRORS, TypeError, OverflowError):
        return 1


def _format_of(image: Image.Image) -> str:
    """Return the format; multi-picture files of phones (MPO) count as JPEG."""
    return "JPEG" if image.format == "MPO" else str(image.format)


def converted_bytes(data: bytes, path: Path, *, turn: bool) -> tuple[bytes, str]:
    """Return an image as the bytes of an RGB image and their format, "jpeg" or "png".

    JPEG becomes JPEG of quality 95, everything else PNG without loss. With `turn` the image is rotated by
    its EXIF orientation. DataError names `path` if the image cannot be decoded.
    """
    image = _decoded(data, path)
    upright = ImageOps.exif_transpose(image) if turn else image
    converted, target = io.BytesIO(), "JPEG" if _format_of(image) == "JPEG" else "PNG"
    _as_rgb(upright).save(converted, target, **({"quality": 95} if target == "JPEG" else {}))
    return converted.getvalue(), target.lower()


def _as_rgb(image: Image.Image) -> Image.Image:
    """Return the image in RGB; of 16-bit channels the upper 8 bits are kept."""
    if image.mode.startswith("I;16") or image.mode == "I":
        image = Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    rgb = image.convert("RGB")
    rgb.info.clear()
    return rgb
