"""Compare the JPEG round trip with Pillow's encoder and decoder (libjpeg)."""

import io

import numpy as np
import pytest
from keras import ops
from numpy.typing import NDArray
from PIL import Image

from sweepbox.detection.data.augment.jpeg import jpeg_round_trip


def picture(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """An image of soft colours with edges and some noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / (9 + 3 * channel)) * np.cos(y / 11 + channel + seed) for channel in range(3)]
    image = 128 + 90 * np.stack(waves, axis=-1) + rng.normal(0, 6, (height, width, 3))
    image[height // 3 : height // 2, width // 4 : width // 2] = [220, 40, 60]
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


def through_pillow(image: NDArray[np.uint8], quality: int) -> NDArray[np.int64]:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
    return np.asarray(Image.open(buffer), np.int64)


@pytest.mark.parametrize("quality", [1, 10, 49, 50, 75, 95, 100])
def test_equals_a_libjpeg_round_trip(quality: int) -> None:
    """Within 0.55 grey levels on average and 4 for 99 %: libjpeg rounds inside its integer transforms."""
    shapes = [(64, 80), (61, 47), (33, 79)]
    canvas = np.random.default_rng(9).integers(0, 256, (3, 64, 80, 3)).astype(np.uint8)
    for row, (height, width) in enumerate(shapes):
        canvas[row, :height, :width] = picture(height, width, row)
    result = ops.convert_to_numpy(
        jpeg_round_trip(
            ops.convert_to_tensor(canvas),
            ops.convert_to_tensor(np.array(shapes, np.int32)),
            ops.convert_to_tensor(np.full(3, quality, np.float32)),
        )
    )
    assert result.shape == canvas.shape
    for row, (height, width) in enumerate(shapes):
        image = canvas[row, :height, :width]
        expected = through_pillow(image, quality)
        differences = np.abs(result[row, :height, :width] - expected)
        assert differences.mean() < 0.55
        assert np.quantile(differences, 0.99) <= 4
        assert np.abs(image - expected.astype(float)).mean() > 2 * differences.mean()


def test_each_image_has_its_own_quality() -> None:
    image = picture(32, 48, 4)
    sizes = np.array([[32, 48]] * 2, np.int32)
    pair = np.stack([image, image])
    both = ops.convert_to_numpy(jpeg_round_trip(pair, sizes, np.array([5.0, 90.0], np.float32)))
    for row, quality in enumerate((5.0, 90.0)):
        alone = jpeg_round_trip(pair[:1], sizes[:1], np.array([quality], np.float32))
        np.testing.assert_array_equal(both[row], ops.convert_to_numpy(alone)[0])
    assert np.abs(both[0] - image).mean() > np.abs(both[1] - image).mean()


def test_quality_zero_means_one() -> None:
    image = picture(16, 16, 2)[None]
    size = np.array([[16, 16]], np.int32)
    zero, one = (
        ops.convert_to_numpy(jpeg_round_trip(image, size, np.array([value], np.float32)))
        for value in (0.0, 1.0)
    )
    np.testing.assert_array_equal(zero, one)
