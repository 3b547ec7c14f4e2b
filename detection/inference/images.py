"""Reads images for a detector."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from sweepbox.detection.core.decoding import DECODING_ERRORS, open_image, reason_of
from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.files import StrPath
from sweepbox.detection.core.limits import IMAGE_BYTES
from sweepbox.detection.core.patterns import matching_files
from sweepbox.detection.core.regular_files import read_regular

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")
"""The suffixes of image files in a folder."""

JPEG_FORMATS = ("JPEG", "MPO")
"""Pillow's names of JPEG; MPO is a JPEG with several images, of which other readers read the first."""

ImageSource = StrPath | Image.Image | NDArray[np.uint8]
"""The input of a detector: a file, a Pillow image or an RGB array, uint8 `[height, width, 3]`."""

ORIENTATION_TAG = 0x0112
_DEEP_MODES = ("I", "I;16", "I;16B", "I;16L", "F")


def image_pixels(image: ImageSource) -> NDArray[np.uint8]:
    """Return an image as RGB `[height, width, 3]`, rotated by the EXIF orientation of a file or Pillow image.

    Raises:
        DataError: The file is missing or truncated, or is not an image.
        ValueError: The array has another shape or type.
    """
    if isinstance(image, Image.Image):
        return np.asarray(_eight_bits(ImageOps.exif_transpose(image)).convert("RGB"))
    if not isinstance(image, np.ndarray):
        return read_image(Path(image))
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ValueError(f"the image is {image.dtype} {list(image.shape)}, expected uint8 [height, width, 3]")
    return image


def read_image(path: Path, *, upright: bool = True) -> NDArray[np.uint8]:
    """Return an image file as RGB `[height, width, 3]`.

    The first frame of an animation is read, and the upper 8 of 16 bits per channel; transparency is dropped. A
    JPEG is decoded by TensorFlow with its fast transform, as in training and in models with encoded input;
    Pillow's exact transform differs by up to 13 grey levels.

    Args:
        path: The file.
        upright: Rotate the image by its EXIF orientation.

    Raises:
        DataError: The file is missing or truncated, is not an image, or exceeds a limit (`core.limits`).
    """
    if not path.exists():
        raise DataError(f"{path}: there is no such image")
    encoded = read_regular(path, IMAGE_BYTES)
    try:
        with open_image(encoded) as image:
            stored = _decoded_jpeg(encoded, image.getexif()) if image.format in JPEG_FORMATS else image
            stored.load()
            turned = ImageOps.exif_transpose(stored) if upright else stored
            return np.asarray(_eight_bits(turned).convert("RGB"))
    except DECODING_ERRORS as error:
        reason = "unknown image format" if "cannot identify" in str(error) else str(error)
        raise DataError(f"{path}: the image cannot be read: {reason}; replace or omit the file") from error


def _decoded_jpeg(encoded: bytes, exif: Image.Exif) -> Image.Image:
    """Decode a JPEG to an image with its EXIF orientation; ValueError if it is truncated."""
    import tensorflow as tf

    try:
        pixels = tf.io.decode_jpeg(encoded, channels=3).numpy()
    except tf.errors.OpError as error:
        raise ValueError(reason_of(error.message)) from error
    image = Image.fromarray(pixels)
    image.getexif()[ORIENTATION_TAG] = exif.get(ORIENTATION_TAG, 1)
    return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return an image with at most 8 bits per channel; deeper images have one channel of 16 bits."""
    if image.mode not in _DEEP_MODES:
        return image
    return Image.fromarray((np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8))


def find_images(sources: Iterable[str | Path]) -> tuple[Path, ...]:
    """Return the image files of files, folders and glob patterns, in the given order and without duplicates.

    The images of a folder are its files with one of `SUFFIXES`, sorted by name; subfolders are not searched.

    Raises:
        DataError: A source has no image.
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
            raise DataError(f"{path}: no image in this folder; add files with suffix {', '.join(SUFFIXES)}")
        return inside
    images = matching_files(source, recursive=True)
    if not images:
        raise DataError(f"{source}: there is no such image or folder, and no file matches it as a pattern")
    return images
