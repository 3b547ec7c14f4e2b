"""The options that change the number of pixels and nothing else.

All sampling is done in one pass from the original pixels, so these options do not blur the image as the
intermediate resize of the Object Detection API does. Their sizes affect later options (crops in whole pixels,
paddings and limits in pixels); the pixels are those of the final resize.
"""

from typing import Any

from keras import ops

from sweepbox.detection.data.augment.frames import integer_below, rescaled, sides, whole
from sweepbox.detection.data.augment.select import select
from sweepbox.detection.data.augment.view import View
from sweepbox.detection.data.augment.view_option import Switches, Values

Tensor = Any


def scale_image(view: View, noise: Tensor, values: Values, _: Switches) -> View:
    """Return the view scaled by a factor from `min_scale_ratio` to `max_scale_ratio`. One column."""
    low, high = values["min_scale_ratio"], values["max_scale_ratio"]
    return _scaled(view, low + noise[:, 0] * (high - low), align_corners=True)


def downscale_to_target(view: View, noise: Tensor, values: Values, _: Switches) -> View:
    """Return the view scaled down to a number of pixels, where it has more. Two columns.

    The number is a whole one from `min_target_pixels` to below `max_target_pixels`. An image is left as it is
    with probability `random_coef`.
    """
    low, high = values["min_target_pixels"], values["max_target_pixels"]
    target = low + integer_below(noise[:, 1], high - low)
    height, width = sides(view)
    pixels = height * width
    chosen = ops.logical_and(noise[:, 0] >= values["random_coef"], pixels > target)
    return _scaled(view, ops.where(chosen, ops.sqrt(target / pixels), 1.0), align_corners=False)


def resize_to(height: str, width: str) -> Any:
    """Return the option that resizes the view to the size in two of its fields. No noise."""

    def resize(view: View, _: Tensor, values: Values, __: Switches) -> View:
        ones = ops.ones_like(view.height, dtype="float32")
        return rescaled(view, whole(ones * values[height]), whole(ones * values[width]))

    return resize


def scaled_sides(view: View, factor: Tensor) -> tuple[Tensor, Tensor]:
    """Return height and width times a factor `[batch]`, truncated, at least 1, int32 `[batch]`."""
    height, width = (ops.maximum(whole(side * factor), 1) for side in sides(view))
    return height, width


def _scaled(view: View, factor: Tensor, *, align_corners: bool) -> View:
    height, width = scaled_sides(view, factor)
    unchanged = factor == 1.0
    height = select(unchanged, view.height, height)
    return rescaled(view, height, select(unchanged, view.width, width), align_corners=align_corners)
