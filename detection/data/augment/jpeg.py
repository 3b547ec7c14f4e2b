"""JPEG compression artefacts, computed on the device: ITU-T T.81 as libjpeg encodes and decodes.

Colours become luma and chroma, chroma of half the size (4:2:0); blocks of 8 x 8 are transformed, divided by the
standard tables scaled by the quality, rounded, and all steps are reversed. Left out are the entropy coding,
which is lossless, and the rounding inside libjpeg's integer transforms.
"""

from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

Tensor = Any

BLOCK = 8
_MIDDLE = 128.0
_LUMA_TABLE = """
16 11 10 16 24 40 51 61  12 12 14 19 26 58 60 55  14 13 16 24 40 57 69 56  14 17 22 29 51 87 80 62
18 22 37 56 68 109 103 77  24 35 55 64 81 104 113 92  49 64 78 87 103 121 120 101  72 92 95 98 112 100 103 99
"""
_CHROMA_TABLE = """
17 18 24 47 99 99 99 99  18 21 26 66 99 99 99 99  24 26 56 99 99 99 99 99  47 66 99 99 99 99 99 99
99 99 99 99 99 99 99 99  99 99 99 99 99 99 99 99  99 99 99 99 99 99 99 99  99 99 99 99 99 99 99 99
"""
"""Tables K.1 and K.2 of T.81, row by row."""


def jpeg_round_trip(images: Tensor, sizes: Tensor, quality: Tensor) -> Tensor:
    """Return the images after JPEG encoding and decoding.

    `images` `[batch, height, width, 3]` integers 0..255, each in the top left corner, its size in `sizes`
    int32 `[batch, 2]`; `quality` float32 `[batch]`, 0..100 (0 counts as 1). The result is float32 of the same
    shape, integers; pixels outside an image are undefined.
    """
    height, width = images.shape[1:3]
    images = _extended(images, sizes, _multiple(height), _multiple(width))
    luma, blue, red = _to_ycc(images)
    scale = _scale(quality)
    luma = _quantised(luma, _table(_LUMA_TABLE, scale))
    chroma_table = _table(_CHROMA_TABLE, scale)
    blue, red = (_doubled(_quantised(_halved(part), chroma_table)) for part in (blue, red))
    return _to_rgb(luma, blue, red)[:, :height, :width]


def _multiple(side: int) -> int:
    """Return the side as a multiple of two blocks: that of the block of chroma at half the size."""
    return -(-side // (2 * BLOCK)) * 2 * BLOCK


def _extended(images: Tensor, sizes: Tensor, height: int, width: int) -> Tensor:
    """Return the images on a canvas of `height` x `width`, their last lines continued to its edges."""
    batch, old_height, old_width, channels = images.shape
    last = ops.expand_dims(ops.maximum(ops.cast(sizes, "int32"), 1) - 1, -1)
    rows = ops.minimum(ops.arange(height, dtype="int32")[None, :], last[:, 0])
    columns = ops.minimum(ops.arange(width, dtype="int32")[None, :], last[:, 1])
    if batch is None:
        batch = ops.shape(images)[0]
    first = (ops.arange(batch, dtype="int32"))[:, None]
    lines = ops.reshape(images, (batch * old_height, old_width * channels))
    tall = ops.reshape(ops.take(lines, rows + first * old_height, axis=0), (batch, height, old_width, channels))
    turned = ops.reshape(ops.transpose(tall, (0, 2, 1, 3)), (batch * old_width, height * channels))
    wide = ops.reshape(ops.take(turned, columns + first * old_width, axis=0), (batch, width, height, channels))
    return ops.cast(ops.transpose(wide, (0, 2, 1, 3)), "float32")


def _to_ycc(images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return luma and both chroma channels, `[batch, height, width]`, integers (JFIF, ITU-T T.871)."""
    red, green, blue = ops.unstack(images, 3, axis=-1)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    to_blue = -0.168735892 * red - 0.331264108 * green + 0.5 * blue + _MIDDLE
    to_red = 0.5 * red - 0.418687589 * green - 0.081312411 * blue + _MIDDLE
    return _whole(luma), _whole(to_blue), _whole(to_red)


def _to_rgb(luma: Tensor, blue: Tensor, red: Tensor) -> Tensor:
    blue, red = blue - _MIDDLE, red - _MIDDLE
    parts = (luma + 1.402 * red, luma - 0.344136286 * blue - 0.714136286 * red, luma + 1.772 * blue)
    return _whole(ops.stack(parts, axis=-1))


def _whole(values: Tensor) -> Tensor:
    return ops.clip(ops.floor(values + 0.5), 0.0, 255.0)


def _scale(quality: Tensor) -> Tensor:
    """Return the factor on the tables in per cent, `[batch]`, as libjpeg's `jpeg_quality_scaling` has it."""
    quality = ops.clip(quality, 1.0, 100.0)
    return ops.where(quality < 50.0, ops.floor(5000.0 / quality), 200.0 - 2.0 * quality)


def _table(text: str, scale: Tensor) -> Tensor:
    """Return the scaled table of each image, `[batch, 1, 64]`, 1..255 (baseline)."""
    base = np.array(text.split(), np.float32)[None, :]
    table = ops.floor((base * scale[:, None] + 50.0) / 100.0)
    return ops.clip(table, 1.0, 255.0)[:, None, :]


def _transform() -> NDArray[np.float32]:
    """Return the transform of a block of 64 values, row by row, as a matrix `[64, 64]`; its inverse is `.T`."""
    place = np.arange(BLOCK)
    cosines = np.cos((2 * place[None, :] + 1) * place[:, None] * np.pi / (2 * BLOCK)) / 2.0
    cosines[0] /= np.sqrt(2.0)
    return np.kron(cosines, cosines).astype(np.float32)


def _quantised(channel: Tensor, table: Tensor) -> Tensor:
    """Return a channel `[batch, height, width]`, whole blocks, as its rounded coefficients give it back."""
    batch, height, width = ops.shape(channel)
    across = width // BLOCK
    grid = ops.reshape(channel - _MIDDLE, (batch, height // BLOCK, BLOCK, across, BLOCK))
    blocks = ops.reshape(ops.transpose(grid, (0, 1, 3, 2, 4)), (batch, -1, BLOCK * BLOCK))
    transform = _transform()
    steps = ops.matmul(blocks, transform.T) / table
    coefficients = ops.sign(steps) * ops.floor(ops.abs(steps) + 0.5) * table
    blocks = ops.reshape(ops.matmul(coefficients, transform), (batch, height // BLOCK, across, BLOCK, BLOCK))
    back = ops.reshape(ops.transpose(blocks, (0, 1, 3, 2, 4)), (batch, height, width))
    return _whole(back + _MIDDLE)


def _halved(channel: Tensor) -> Tensor:
    """Return the means of 2 x 2 pixels; libjpeg rounds halves up in every other column and down between."""
    mean = ops.average_pool(channel[..., None], 2, strides=2, padding="valid", data_format="channels_last")
    total = 4.0 * mean[..., 0]
    bias = 1.0 + ops.cast(ops.arange(total.shape[2], dtype="int32") % 2, "float32")
    return ops.floor((total + bias) / 4.0)


def _doubled(channel: Tensor) -> Tensor:
    """Return the channel at twice the size, three parts of the nearer pixel and one of the next, both ways."""
    above = ops.concatenate([channel[:, :1], channel[:, :-1]], axis=1)
    below = ops.concatenate([channel[:, 1:], channel[:, -1:]], axis=1)
    rows = _interleaved(3.0 * channel + above, 3.0 * channel + below, axis=1)
    before = ops.concatenate([rows[:, :, :1], rows[:, :, :-1]], axis=2)
    after = ops.concatenate([rows[:, :, 1:], rows[:, :, -1:]], axis=2)
    left, right = ops.floor((3.0 * rows + before + 8.0) / 16.0), ops.floor((3.0 * rows + after + 7.0) / 16.0)
    return _interleaved(left, right, axis=2)


def _interleaved(first: Tensor, second: Tensor, *, axis: int) -> Tensor:
    """Return `[batch, height, width]` tensors interleaved along rows (1) or columns (2)."""
    batch, height, width = ops.shape(first)
    both = ops.stack([first, second], axis=axis + 1)
    return ops.reshape(both, (batch, 2 * height, width) if axis == 1 else (batch, height, 2 * width))
