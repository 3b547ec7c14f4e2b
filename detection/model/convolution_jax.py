"""A convolution with stride 2 of an image in JAX, rearranged for a GPU.

Tensor cores multiply by 8 or 16 channels at a time, and an image has three. With each 2 × 2 block of pixels as
one pixel of four times the channels ("space to depth"), the same sums are a convolution with stride 1. Measured
for SSD ResNet50 at 640 and batch 32 on an H200: 1.7 ms less for the convolution and the gradient of its kernel.
"""

from dataclasses import dataclass
from typing import Any

import jax  # type: ignore[import-not-found, unused-ignore]
import jax.numpy as jnp  # type: ignore[import-not-found, unused-ignore]

BLOCK = 2
ALIGNED = 4
"""Channels are filled up to a multiple of this, so that a block has a multiple of 16."""

LAYOUT = ("NHWC", "HWIO", "NHWC")

_as_it_is: Any = jax.lax.optimization_barrier


def strided_convolution(images: Any, kernel: Any) -> Any:
    """Return the convolution with stride 2 and padding `valid` of images `[batch, height, width, channels]`.

    `kernel` is `[rows, columns, channels, filters]`. It differs from the plain convolution by rounding only.
    """
    sides = [_Side.of(length, size) for length, size in zip(images.shape[1:3], kernel.shape[:2], strict=True)]
    whole = _as_it_is(images)  # else XLA computes the augmentation anew in the other order
    blocks = _in_blocks(whole, sides)
    filters = kernel.shape[3]
    fill = [(0, BLOCK * side.taps - size) for side, size in zip(sides, kernel.shape[:2], strict=True)]
    wide = jnp.pad(kernel, [*fill, (0, _missing(kernel.shape[2])), (0, 0)])
    taps = wide.reshape(sides[0].taps, BLOCK, sides[1].taps, BLOCK, -1, filters)
    flat = taps.transpose(0, 2, 1, 3, 4, 5).reshape(sides[0].taps, sides[1].taps, -1, filters)
    return jax.lax.conv_general_dilated(blocks, flat, (1, 1), "VALID", dimension_numbers=LAYOUT)


@dataclass(frozen=True)
class _Side:
    """The number of blocks along a side of the images, and of the kernel in blocks."""

    blocks: int
    taps: int

    @classmethod
    def of(cls, length: int, size: int) -> "_Side":
        taps = -(-size // BLOCK)
        return cls((length - size) // BLOCK + taps, taps)


def _in_blocks(images: Any, sides: list[_Side]) -> Any:
    """Return images with the pixels of each block as channels of one; what the kernel does not reach is cut."""
    lengths = [BLOCK * side.blocks for side in sides]
    batch, height, width, channels = images.shape
    cut = images[:, : lengths[0], : lengths[1]]
    fill = [(0, max(wanted - length, 0)) for wanted, length in zip(lengths, (height, width), strict=True)]
    wide = jnp.pad(cut, [(0, 0), *fill, (0, _missing(channels))])
    split = wide.reshape(batch, sides[0].blocks, BLOCK, sides[1].blocks, BLOCK, -1)
    return split.transpose(0, 1, 3, 2, 4, 5).reshape(batch, sides[0].blocks, sides[1].blocks, -1)


def _missing(channels: int) -> int:
    return -channels % ALIGNED
