"""The options on images as read, by name."""

from collections.abc import Mapping
from typing import Any

from keras import ops

from sweepbox.detection.data.augment.batch_option import SourceOption
from sweepbox.detection.data.augment.jpeg import jpeg_round_trip

Tensor = Any


def _jpeg_quality(
    images: Tensor, sizes: Tensor, noise: Tensor, values: Mapping[str, Tensor], _: Mapping[str, Any]
) -> Tensor:
    """Return the images after JPEG compression with a random quality.

    The quality is an integer from `min_jpeg_quality` to below `max_jpeg_quality`; an image is left as it is
    with probability `random_coef`.
    """
    low, high = values["min_jpeg_quality"], values["max_jpeg_quality"]
    quality = low + ops.minimum(ops.floor(noise[:, 1] * (high - low)), high - low - 1.0)
    coded = ops.cast(jpeg_round_trip(images, sizes, quality), images.dtype)
    return ops.where((noise[:, 0] < values["random_coef"])[:, None, None, None], images, coded)


SOURCE_OPTIONS: dict[str, SourceOption] = {"random_jpeg_quality": SourceOption(2, _jpeg_quality)}
