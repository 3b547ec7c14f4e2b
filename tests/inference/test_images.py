from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.inference.images import find_images, read_image


def _gradient() -> np.ndarray:
    rows, columns = np.mgrid[0:40, 0:60]
    return np.stack([rows * 6, columns * 4, np.full_like(rows, 90)], axis=-1).astype(np.uint8)


def test_a_png_is_read_unchanged(tmp_path: Path) -> None:
    Image.fromarray(_gradient()).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), _gradient())


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1", "CMYK"])
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    Image.fromarray(_gradient()).convert(mode).save(path)
    image = read_image(path)
    assert image.dtype == np.uint8
    assert image.shape == (40, 60, 3)


def test_the_upper_8_of_16_bits_are_kept(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 5), 0x80FF, np.uint16)).save(tmp_path / "deep.png")
    assert (read_image(tmp_path / "deep.png") == 0x80).all()


def test_the_exif_orientation_is_applied_by_default(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(_gradient()).save(tmp_path / "a.jpg", exif=exif)
    upright = read_image(tmp_path / "a.jpg")
    assert upright.shape == (60, 40, 3)
    stored = read_image(tmp_path / "a.jpg", upright=False)
    np.testing.assert_array_equal(upright, np.rot90(stored, -1))


def test_a_jpeg_has_the_same_pixels_as_in_models_of_encoded_images(tmp_path: Path) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (40, 60, 3)).astype(np.uint8)
    path = tmp_path / "a.jpg"
    Image.fromarray(noise).save(path, quality=70)
    expected = tf.io.decode_image(path.read_bytes(), channels=3).numpy()
    np.testing.assert_array_equal(read_image(path), expected)
    assert (np.asarray(Image.open(path)) != expected).any()


@pytest.mark.parametrize("content", [b"", b"no picture", None])
def test_unreadable_files_are_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.jpg"
    if content is None:
        Image.fromarray(_gradient()).save(path)
        content = path.read_bytes()[:300]
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.jpg: the image cannot be read"):
        read_image(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.jpg: there is no such image"):
        read_image(tmp_path / "absent.jpg")


def test_files_folders_and_patterns_without_duplicates(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.PNG", "notes.txt", "sub/c.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = find_images([tmp_path / "b.jpg", tmp_path, str(tmp_path / "sub" / "*.jpg"), f"{tmp_path}/**/c.jpg"])
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["b.jpg", "a.PNG", "sub/c.jpg"]


def test_a_file_name_with_brackets_is_not_a_pattern(tmp_path: Path) -> None:
    path = tmp_path / "a[1].jpg"
    path.touch()
    assert find_images([path]) == (path,)


def test_sources_without_images_are_refused(tmp_path: Path) -> None:
    for source, message in (
        (tmp_path, "no image in this folder"),
        (tmp_path / "absent.jpg", "no such image or folder"),
        (f"{tmp_path}/*.jpg", "no file matches"),
    ):
        with pytest.raises(DataError, match=message):
            find_images([source])
