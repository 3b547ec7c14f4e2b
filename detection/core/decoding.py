"""Opens image files of bounded size, and names the exceptions of image decoding."""

import io
import re
import struct
import zlib
from threading import Lock

from PIL import Image

from sweepbox.detection.core.limits import IMAGE_PIXELS

DECODING_ERRORS = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error,
    Image.DecompressionBombError,
)  # fmt: skip
"""The exceptions that Pillow raises for a damaged image of any format."""

_OPENING = Lock()


class TooManyPixelsError(ValueError):
    """An image has more pixels than the limit."""


def open_image(encoded: bytes, *, formats: tuple[str, ...] | None = None) -> Image.Image:
    """Return an image whose header is read and whose pixels are not decoded yet.

    Args:
        encoded: The bytes of the image file.
        formats: The Pillow names of the accepted formats; all by default.

    Raises:
        TooManyPixelsError: The header states more pixels than `limits.IMAGE_PIXELS`.
        DECODING_ERRORS: The bytes are no image.
    """
    with _OPENING:  # Pillow's own limit, which only warns, is a global variable
        pillow_limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            image = Image.open(io.BytesIO(encoded), formats=formats)
        finally:
            Image.MAX_IMAGE_PIXELS = pillow_limit
    if image.width * image.height > IMAGE_PIXELS.value:
        raise TooManyPixelsError(IMAGE_PIXELS.excess(f"{image.width} x {image.height}"))
    return image


def reason_of(message: str) -> str:
    """Return the reason in the message of a TensorFlow operation, without the names of operation and node."""
    return re.sub(r"\{\{.*?\}\}", "", message).partition("[Op:")[0].strip()
