"""Decoding of the images in records; the OD API's results were obtained by running it."""

import io

import numpy as np
import pytest
from PIL import Image

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.data.pixels import _tensorflow_beside_keras, decode_bounded, decode_pixels

RANDOM = np.random.default_rng(0)
RGB = RANDOM.integers(0, 256, (7, 9, 3), np.uint8)
RGBA = RANDOM.integers(0, 256, (7, 9, 4), np.uint8)
GREY = RANDOM.integers(0, 256, (7, 9), np.uint8)
DEEP = RANDOM.integers(0, 65536, (7, 9)).astype(np.uint16)


def encoded(image: Image.Image, image_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def three(grey: np.ndarray) -> np.ndarray:
    return np.repeat(grey[:, :, None], 3, axis=2)


PALETTE = Image.fromarray(RGB).quantize(8)


@pytest.mark.parametrize(
    ("image", "image_format", "expected"),
    [
        (Image.fromarray(RGB), "PNG", RGB),
        (Image.fromarray(RGBA), "PNG", RGBA[..., :3]),
        (Image.fromarray(GREY), "PNG", three(GREY)),
        (Image.fromarray(RGBA[..., :2].copy(), "LA"), "PNG", three(RGBA[..., 0])),
        (Image.fromarray(DEEP), "PNG", three((DEEP >> 8).astype(np.uint8))),
        (PALETTE, "PNG", np.asarray(PALETTE.convert("RGB"))),
        (Image.fromarray(RGB), "BMP", RGB),
        (PALETTE, "GIF", np.asarray(PALETTE.convert("RGB"))),
        (
            Image.fromarray(RGB),
            "TIFF",
            RGB,
        ),  # not known to the OD API, but records of other tools may contain it
    ],
    ids=["rgb", "alpha", "grey", "grey and alpha", "16 bits", "palette", "bmp", "gif", "tiff"],
)
def test_lossless_images(image: Image.Image, image_format: str, expected: np.ndarray) -> None:
    pixels = decode_pixels(encoded(image, image_format), "a")
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize("pixels", [RGB, GREY], ids=["rgb", "grey"])
def test_jpeg_uses_the_fast_transform(pixels: np.ndarray) -> None:
    import tensorflow as tf

    data = encoded(Image.fromarray(pixels), "JPEG")
    fast = tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_FAST").numpy()
    np.testing.assert_array_equal(decode_pixels(data, "a"), fast)
    np.testing.assert_allclose(
        fast.astype(int), np.asarray(Image.open(io.BytesIO(data)).convert("RGB")), atol=16
    )


@pytest.mark.parametrize("max_side", [None, 640])
def test_records_are_decoded_as_by_the_od_api(max_side: int | None) -> None:
    import tensorflow as tf

    large = Image.fromarray(RGB).resize((321, 243), Image.Resampling.BICUBIC)
    for image_format in ("JPEG", "PNG", "BMP", "GIF"):
        data = encoded(large, image_format)
        pixels, original = decode_bounded(data, "a", max_side)
        expected = tf.io.decode_image(data, channels=3, expand_animations=False).numpy()
        np.testing.assert_array_equal(pixels, expected)
        assert original == (321, 243)


def test_size_before_downscaling_is_returned() -> None:
    data = encoded(Image.fromarray(RGB).resize((400, 200)), "JPEG")
    pixels, original = decode_bounded(data, "a", 50)
    assert (pixels.shape, original) == ((25, 50, 3), (400, 200))


def test_exif_orientation_is_ignored() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode_pixels(encoded(Image.fromarray(RGB), "JPEG", exif=exif), "a").shape == (7, 9, 3)


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "GIF", "BMP"])
def test_error_names_a_damaged_image(image_format: str) -> None:
    data = encoded(Image.fromarray(RGB), image_format)
    with pytest.raises(DataError, match=r"a\.jpg: the image cannot be decoded \(.+\); examine the data"):
        decode_pixels(data[: len(data) // 2], "a.jpg")
    with pytest.raises(DataError, match=r"a\.jpg: the image cannot be decoded"):
        decode_pixels(b"no picture", "a.jpg")


def test_tensorflow_does_not_use_the_gpu_under_another_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras
    import tensorflow as tf

    hidden = []
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    monkeypatch.setattr(tf.config, "set_visible_devices", lambda *given: hidden.append(given))
    _tensorflow_beside_keras.cache_clear()  # as in a process that has decoded nothing
    try:
        decode_pixels(encoded(Image.fromarray(RGB), "PNG"), "a")
    finally:
        _tensorflow_beside_keras.cache_clear()
    assert hidden == [([], "GPU")]
