"""A depthwise convolution in JAX as a sum of shifted products, for a GPU.

XLA leaves depthwise convolutions to cuDNN, whose gradients of them are as slow as those of a dense convolution
(github.com/jax-ml/jax/issues/13800), and tries its kernels at compilation: of MobileNetV2 at 640 and batch 32,
this had not ended on an H200 after 100 seconds. Products and sums XLA fuses by itself.
"""

from itertools import product
from typing import Any

import jax  # type: ignore[import-not-found, unused-ignore]
import jax.numpy as jnp  # type: ignore[import-not-found, unused-ignore]


def depthwise_convolution(inputs: Any, kernel: Any, stride: int, padding: str) -> Any:
    """Return the depthwise convolution of inputs `[batch, height, width, channels]`, in their dtype.

    `kernel` is `[rows, columns, channels, 1]`, padding `same` or `valid`. Sums are float32.
    """
    batch, _, _, channels = inputs.shape
    sizes, strides = kernel.shape[:2], (stride, stride)
    around = jax.lax.padtype_to_pads(inputs.shape[1:3], sizes, strides, padding.upper())
    padded = jnp.pad(inputs, [(0, 0), *around, (0, 0)])
    spans = [
        stride * ((length - size) // stride) + 1 for length, size in zip(padded.shape[1:3], sizes, strict=True)
    ]
    weights = kernel[..., 0].astype(jnp.float32)
    total: Any = 0.0
    for row, column in product(*map(range, sizes)):
        end = (batch, row + spans[0], column + spans[1], channels)
        shifted = jax.lax.slice(padded, (0, row, column, 0), end, (1, *strides, 1))
        total = total + shifted.astype(jnp.float32) * weights[row, column]
    return total.astype(inputs.dtype)
