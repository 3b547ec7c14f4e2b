"""Image files to pixels, and the bound on their size."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detection.core.errors import DataError
from detection.data.images import DECODING_ERRORS


def image_size(encoded: bytes, name: str) -> tuple[int, int]:
    """Return (width, height) in pixels from an image file's header; DataError names an unreadable one."""
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            return image.size
    except DECODING_ERRORS as error:
        raise _unreadable(name, error) from error


def bounded(size: tuple[int, int], max_side: int | None) -> tuple[int, int]:
    """Return (width, height) shrunk so that the longer side is at most `max_side`, aspect ratio kept."""
    longer = max(size)
    if max_side is None or longer <= max_side:
        return size
    width, height = (max(1, round(side * max_side / longer)) for side in size)
    return width, height


def decode_pixels(encoded: bytes, name: str, *, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the pixels of an image file, uint8 `[height, width, 3]` RGB, shrunk to `size` (width, height).

    Grey images get three equal channels, an alpha channel is dropped. DataError names an unreadable image.
    """
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            image.draft("RGB", size)
            pixels = image.convert("RGB")
    except DECODING_ERRORS as error:
        raise _unreadable(name, error) from error
    if pixels.size != size:
        pixels = pixels.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(pixels)


def _unreadable(name: str, error: Exception) -> DataError:
    return DataError(f"{name}: the image cannot be decoded ({error}); examine the data with `sweepbox doctor`")
