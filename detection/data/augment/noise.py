"""Noise for every pixel, made on the device from one uniform number per image.

The host draws few numbers per image and step. If an option needs one for each pixel, it is a hash of the
pixel's position and the image's number. So the noise is the same on a resumed run, on every backend and for
every division of the batch. The hash is a multiply and xor-shift finaliser with the constants of Wellons'
search for low bias (2018), https://nullprogram.com/blog/2018/07/31/.
"""

from typing import Any

import numpy as np
from keras import ops

Tensor = Any

_BITS = 24
"""A float32 in [0, 1) holds this many bits."""
_CHANNELS = 3
_LONGEST = 1 << 15
"""Lines and columns from here on repeat the noise of others."""


def uniforms(key: Tensor, count: int) -> Tensor:
    """Return `count` uniform numbers in [0, 1) for each image, float32 `[batch, count]`.

    `key` float32 `[batch]` in [0, 1): equal keys give equal numbers.
    """
    places = ops.convert_to_tensor(np.arange(count, dtype=np.uint32)[None, :])
    return _fraction(_mixed(ops.bitwise_xor(_state(key)[:, None], places)))


def pixel_uniforms(key: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Return a uniform number in [0, 1) for each pixel and channel, float32 `[batch, height, width, 3]`.

    `key` float32 `[batch]`; `rows` `[batch, height]` and `columns` `[batch, width]`: integers from 0 to
    32767, the place of each line and column in the image: the same place has the same number.
    """
    by_row = _mixed(ops.bitwise_xor(_state(key)[:, None], _unsigned(rows)))
    place = ops.expand_dims(_unsigned(columns), -1) * np.uint32(_CHANNELS + 1)
    place = place + ops.convert_to_tensor(np.arange(_CHANNELS, dtype=np.uint32))
    return _fraction(_mixed(ops.bitwise_xor(by_row[:, :, None, None], place[:, None, :, :])))


def gaussian(uniform: Tensor) -> Tensor:
    """Return standard normal numbers, up to about 5.4, of uniform ones in [0, 1)."""
    middle = uniform + 2.0 ** -(_BITS + 1)
    below_one = 1.0 - 2.0 ** -(_BITS - 1)  # TensorFlow's inverse is infinite for the float32 just below 1
    return np.float32(np.sqrt(2.0)) * ops.erfinv(ops.minimum(2.0 * middle - 1.0, below_one))


def _state(key: Tensor) -> Tensor:
    """Return the bits of each image's number, mixed, uint32 `[batch]`."""
    return _mixed(ops.cast(key * 2.0**_BITS, "uint32") + np.uint32(0x9E3779B9))


def _unsigned(lines: Tensor) -> Tensor:
    return ops.cast(ops.clip(lines, 0, _LONGEST - 1), "uint32")


def _mixed(bits: Tensor) -> Tensor:
    """Return uint32 in which every bit depends on every bit of the argument; a bijection."""
    bits = ops.bitwise_xor(bits, _shifted(bits, 16)) * np.uint32(0x7FEB352D)
    bits = ops.bitwise_xor(bits, _shifted(bits, 15)) * np.uint32(0x846CA68B)
    return ops.bitwise_xor(bits, _shifted(bits, 16))


def _shifted(bits: Tensor, places: int) -> Tensor:
    return ops.right_shift(bits, np.uint32(places))


def _fraction(bits: Tensor) -> Tensor:
    """Return the upper bits of uint32 as a number in [0, 1)."""
    return ops.cast(_shifted(bits, 32 - _BITS), "float32") * 2.0**-_BITS
