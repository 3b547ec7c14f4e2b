"""Decodes image files to pixels of bounded size."""

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sweepbox.detection.core.decoding import DECODING_ERRORS, open_image, reason_of
from sweepbox.detection.core.errors import DataError

FORMATS_OF_RECORDS = ("JPEG", "MPO", "PNG", "BMP", "GIF")
"""The Pillow names of the formats that TensorFlow's decoder, and so every reader of TFRecords, supports."""


def bounded(size: tuple[int, int], max_side: int | None) -> tuple[int, int]:
    """Return (width, height) shrunk to a longer side of at most `max_side`, with the same aspect ratio."""
    longer = max(size)
    if max_side is None or longer <= max_side:
        return size
    width, height = (max(1, round(side * max_side / longer)) for side in size)
    return width, height


def decode_pixels(encoded: bytes, name: str, *, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """Return the pixels of an image file, uint8 `[height, width, 3]` RGB, shrunk to `size` (width, height).

    Unless it is shrunk, a JPEG, PNG, BMP or GIF (its first frame) is decoded by TensorFlow's operation, as in
    the Object Detection API, so the pixels are equal. (For JPEG it uses the fast integer transform; on
    photographs Pillow's exact transform differs by 1 in the mean and by up to 13.) Grey images get three equal
    channels, an alpha channel is dropped, of 16-bit channels the upper 8 bits are kept, and an EXIF orientation
    is ignored.

    Raises:
        DataError: The image is unreadable, or TensorFlow, which is needed to decode it, is not installed.
    """
    try:
        with open_image(encoded) as image:
            return _decoded(image, encoded, name, size or image.size)
    except DECODING_ERRORS as error:
        raise _unreadable(name, error) from error


def decode_bounded(
    encoded: bytes, name: str, max_side: int | None
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Return pixels shrunk to `max_side` (see `bounded`), and the original (width, height).

    See `decode_pixels` for the rest.
    """
    try:
        with open_image(encoded) as image:
            original = image.size  # Pillow changes it if it decodes a smaller image
            return _decoded(image, encoded, name, bounded(original, max_side)), original
    except DECODING_ERRORS as error:
        raise _unreadable(name, error) from error


def _decoded(image: Image.Image, encoded: bytes, name: str, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the pixels of an image file that Pillow has opened."""
    if image.format in FORMATS_OF_RECORDS and size == image.size:
        return _decoded_by_tensorflow(encoded, name)
    return _decoded_by_pillow(image, size)


def _decoded_by_pillow(image: Image.Image, size: tuple[int, int]) -> NDArray[np.uint8]:
    image.draft("RGB", size)
    pixels = image.convert("RGB")
    if pixels.size != size:
        pixels = pixels.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(pixels)


def _decoded_by_tensorflow(encoded: bytes, name: str) -> NDArray[np.uint8]:
    tf = _tensorflow(name)
    try:
        with tf.device("CPU"):
            contents = tf.constant(encoded)  # with a tensor, the operation is called directly
            pixels = tf.raw_ops.DecodeImage(contents=contents, channels=3, expand_animations=False).numpy()
    except tf.errors.OpError as error:
        raise _unreadable(name, reason_of(error.message)) from error
    decoded: NDArray[np.uint8] = pixels
    return decoded


def _tensorflow(name: str) -> Any:
    """Return TensorFlow; DataError, naming the image to decode, if it is not installed."""
    try:
        return _tensorflow_beside_keras()
    except ImportError as error:
        raise DataError(
            f"{name}: TensorFlow, which decodes the images of records, is not installed; install it, or train "
            "from an .arrow file of decoded images (`export_record_set`)"
        ) from error


@functools.cache
def _tensorflow_beside_keras() -> Any:
    """Return TensorFlow; if another backend trains, it must not claim the GPU."""
    import keras
    import tensorflow as tf

    if keras.config.backend() != "tensorflow":
        try:
            tf.config.set_visible_devices([], "GPU")
        except RuntimeError:
            return tf  # its runtime is running: the code that started it has decided about the GPU
    return tf


def _unreadable(name: str, reason: object) -> DataError:
    return DataError(f"{name}: the image cannot be decoded ({reason}); examine the data with `sweepbox doctor`")
