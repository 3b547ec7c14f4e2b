"""The options that change single pixels or squares of them: noise everywhere or in a square, black squares.

Their sizes and grids are those of the image at their position in the config. The images have already been
resized, so a noise value belongs to a pixel of that earlier image, and an output pixel is interpolated between
the changed values of the four pixels around it, as its colour was.
"""

from collections.abc import Callable
from typing import Any

from keras import ops

from sweepbox.detection.data.augment.noise import gaussian, pixel_uniforms, uniforms
from sweepbox.detection.data.augment.pixel_option import PixelContext

Tensor = Any

PATCH_NUMBERS = 3
"""The number of uniform numbers of a black patch: whether it is drawn, its top, its left."""


def scale_pixel_values(images: Tensor, context: PixelContext) -> Tensor:
    """Return the images with each value of each pixel multiplied by a factor of its own, clipped.

    The factors are uniform from `minval` to `maxval`; one column of noise.
    """
    low, high = context.values["minval"], context.values["maxval"]

    def changed(rows: Tensor, columns: Tensor) -> Tensor:
        factor = low + (high - low) * pixel_uniforms(context.noise[:, 0], rows, columns)
        return ops.clip(images * factor, 0.0, 255.0)

    return _mixed(context, changed)


def add_patch_noise(images: Tensor, context: PixelContext) -> Tensor:
    """Return the images with Gaussian noise in a square around a random pixel, clipped.

    The noise has a standard deviation, in units of the full range, uniform from `min_gaussian_stddev` to the
    maximum; the side is an integer from `min_patch_size` to below `max_patch_size`. An image is unchanged
    with probability `random_coef`. Six columns of noise.
    """
    keep, size, strength, row, column, key = ops.unstack(context.noise, 6, axis=1)
    values = context.values
    side = _below(size, values["min_patch_size"], values["max_patch_size"])
    deviation = values["min_gaussian_stddev"] + strength * (
        values["max_gaussian_stddev"] - values["min_gaussian_stddev"]
    )
    deviation = 255.0 * ops.where(keep < values["random_coef"], 0.0, deviation)[:, None, None, None]
    top = _below(row, 0.0, context.size[:, 0]) - ops.floor(side / 2.0)
    left = _below(column, 0.0, context.size[:, 1]) - ops.floor(side / 2.0)

    def changed(rows: Tensor, columns: Tensor) -> Tensor:
        share = _in_interval(rows, top, side)[:, :, None, None]
        share = share * _in_interval(columns, left, side)[:, None, :, None]
        noise = gaussian(pixel_uniforms(key, rows, columns))
        return ops.clip(images + share * deviation * noise, 0.0, 255.0)

    return _mixed(context, changed)


def paint_black_patches(images: Tensor, context: PixelContext) -> Tensor:
    """Return the images with up to `max_black_patches` black squares, each with `probability`.

    A side is `size_to_image_ratio` of the shorter side of the image, the corner anywhere that leaves room for
    as large a share of each side. One column of noise.
    """
    count = context.switches["max_black_patches"]
    return paint_squares(images, context, uniforms(context.noise[:, 0], PATCH_NUMBERS * count))


def paint_squares(images: Tensor, context: PixelContext, numbers: Tensor) -> Tensor:
    """Return the images with a black square for each three `numbers` `[batch, 3 * patches]` in [0, 1)."""
    ratio = context.values["size_to_image_ratio"]
    side = ops.floor(ratio * ops.min(context.size, axis=1))
    kept = ops.ones_like(images[..., :1])
    for patch in range(numbers.shape[1] // PATCH_NUMBERS):
        is_there, row, column = (numbers[:, PATCH_NUMBERS * patch + place] for place in range(PATCH_NUMBERS))
        top = ops.floor(row * (1.0 - ratio) * context.size[:, 0])
        left = ops.floor(column * (1.0 - ratio) * context.size[:, 1])
        is_there = ops.cast(is_there < context.values["probability"], "float32")[:, None, None, None]
        kept = kept * (1.0 - is_there * _in_square(context, top, left, side))
    return images * kept


def _below(uniform: Tensor, low: Tensor | float, high: Tensor) -> Tensor:
    """Return integers from `low` to below `high` for noise in [0, 1)."""
    return low + ops.maximum(ops.minimum(ops.floor(uniform * (high - low)), high - low - 1.0), 0.0)


def _in_square(context: PixelContext, top: Tensor, left: Tensor, side: Tensor) -> Tensor:
    """Return which share of each output pixel is made of pixels in a square, `[batch, height, width, 1]`.

    `top`, `left`, `side` float32 `[batch]`: whole pixels of the image at this step.
    """
    rows = _in_interval(context.rows, top, side)
    columns = _in_interval(context.columns, left, side)
    return rows[:, :, None, None] * columns[:, None, :, None]


def _in_interval(position: Tensor, start: Tensor, length: Tensor) -> Tensor:
    """Return which share of each position `[batch, n]` lies on lines `[start, start + length)` `[batch]`.

    A position between two lines counts for both, in proportion to its nearness.
    """
    first, last = start[:, None], (start + length - 1.0)[:, None]
    share = ops.minimum(position - first + 1.0, last + 1.0 - position)
    return ops.where(length[:, None] >= 1.0, ops.clip(share, 0.0, 1.0), 0.0)


def _mixed(context: PixelContext, changed: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Return images of which every pixel is mixed of the four that it lies between in the image at this step.

    `changed` makes, of rows `[batch, height]` and columns `[batch, width]` there, `[batch, height, width, 3]`.
    """
    row, column = ops.floor(context.rows), ops.floor(context.columns)
    down = (context.rows - row)[:, :, None, None]
    across = (context.columns - column)[:, None, :, None]
    upper = changed(row, column) * (1.0 - across) + changed(row, column + 1.0) * across
    lower = changed(row + 1.0, column) * (1.0 - across) + changed(row + 1.0, column + 1.0) * across
    return upper * (1.0 - down) + lower * down
