"""Pictures from files, as a detector sees them."""

import glob
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from sweepbox.detection.core.decoding import DECODING_ERRORS
from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.files import StrPath

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")
"""Endings of the files that count as pictures when a folder is given."""

JPEG_FORMATS = ("JPEG", "MPO")
"""JPEG as Pillow names it; a phone's multi-picture file is one to every other reader."""

Picture = StrPath | Image.Image | NDArray[np.uint8]
"""A picture as a detector takes it: a file, a Pillow image or an RGB array `[height, width, 3]`."""

ORIENTATION_TAG = 0x0112
_DEEP_MODES = ("I", "I;16", "I;16B", "I;16L", "F")


def picture_pixels(picture: Picture) -> NDArray[np.uint8]:
    """Return a picture as RGB `[height, width, 3]`; files and Pillow images are turned as their EXIF data ask.

    Raises:
        DataError: The file is missing, cut off or no picture.
        ValueError: The array has another shape or type.
    """
    if isinstance(picture, Image.Image):
        return np.asarray(_eight_bits(ImageOps.exif_transpose(picture)).convert("RGB"))
    if not isinstance(picture, np.ndarray):
        return read_image(Path(picture))
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or 0 in picture.shape:
        raise ValueError(
            f"the image is {picture.dtype} {list(picture.shape)}, expected uint8 [height, width, 3]"
        )
    return picture


def read_image(path: Path, *, upright: bool = True) -> NDArray[np.uint8]:
    """Return a picture as RGB `[height, width, 3]`, turned upright as its EXIF orientation asks.

    With `upright` False the pixels stay as they are stored. Of an animation it is the first frame, of 16 bits a
    channel the upper 8; transparency is dropped. A JPEG is decoded as in training and as in models that take
    encoded pictures, by TensorFlow with its fast transform: Pillow's exact one differs by up to 13 grey levels.
    DataError where the file is missing, cut off or no picture.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no such picture")
    try:
        with Image.open(path) as image:
            stored = _decoded_jpeg(path, image.getexif()) if image.format in JPEG_FORMATS else image
            stored.load()
            turned = ImageOps.exif_transpose(stored) if upright else stored
            return np.asarray(_eight_bits(turned).convert("RGB"))
    except DECODING_ERRORS as error:
        reason = "it is in no known image format" if "cannot identify" in str(error) else str(error)
        raise DataError(
            f"{path}: the picture cannot be read: {reason}; replace or leave out the file"
        ) from error


def _decoded_jpeg(path: Path, exif: Image.Exif) -> Image.Image:
    """Return the pixels of a JPEG with an EXIF orientation beside them; ValueError where it is cut off."""
    import tensorflow as tf

    try:
        pixels = tf.io.decode_jpeg(path.read_bytes(), channels=3).numpy()
    except tf.errors.OpError as error:
        raise ValueError(error.message.partition("[Op:")[0].strip()) from error
    image = Image.fromarray(pixels)
    image.getexif()[ORIENTATION_TAG] = exif.get(ORIENTATION_TAG, 1)
    return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return an image of at most 8 bits a channel; deeper ones are brightness of 16 bits."""
    if image.mode not in _DEEP_MODES:
        return image
    return Image.fromarray((np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8))


def find_images(sources: Iterable[str | Path]) -> tuple[Path, ...]:
    """Return the pictures that files, folders and glob patterns stand for, in the order given, each once.

    Of a folder these are the files with one of `SUFFIXES`, sorted by name, subfolders left out. DataError for a
    source that stands for no picture.
    """
    found: dict[Path, None] = {}
    for source in sources:
        found.update(dict.fromkeys(_images_of(source)))
    return tuple(found)


def _images_of(source: str | Path) -> list[Path]:
    path = Path(source)
    if path.is_file():
        return [path]
    if path.is_dir():
        inside = sorted(
            child for child in path.iterdir() if child.suffix.lower() in SUFFIXES and child.is_file()
        )
        if not inside:
            raise DataError(f"{path}: no picture in this folder (wanted files named {', '.join(SUFFIXES)})")
        return inside
    # The glob module, because pathlib's globbing takes no absolute patterns.
    matching = sorted(Path(name) for name in glob.glob(str(source), recursive=True))  # noqa: PTH207
    pictures = [path for path in matching if path.is_file()]
    if not pictures:
        raise DataError(f"{source}: there is no such picture or folder, and no file matches it as a pattern")
    return pictures
