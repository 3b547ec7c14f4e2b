"""The crops to a square: around a random centre at one of several scales, or of an image scaled at random."""

from typing import Any

from keras import ops

from sweepbox.detection.data.augment.frames import (
    integer_below,
    moved,
    padded,
    rescaled,
    sides,
    whole,
    within_frame,
)
from sweepbox.detection.data.augment.resize import scaled_sides
from sweepbox.detection.data.augment.view import View
from sweepbox.detection.data.augment.view_option import Switches, Values

Tensor = Any

SQUARE_COLUMNS = 3
"""Which scale; the centre's row and column."""
SCALE_SQUARE_COLUMNS = 3
"""Which scale; top and left of the window."""
HALVINGS = 24
"""A border is halved until it fits; beyond this it is 0."""


def square_crop_by_scale(view: View, noise: Tensor, values: Values, _: Switches) -> View:
    """`random_square_crop_by_scale`: a square window around a random centre, black beyond the image.

    Its side is the longer side of the image times one of `num_scales` scales from `scale_min` to `scale_max`,
    truncated to an integer. The centre keeps a border from the edges: `max_border`, halved until it fits twice
    into the side. As in the Object Detection API a window that extends beyond the bottom or right edge leaves
    the image's last line out.
    """
    height, width = sides(view)
    number = integer_below(noise[:, 0], values["num_scales"])
    step = (values["scale_max"] - values["scale_min"]) / ops.maximum(values["num_scales"] - 1.0, 1.0)
    side = ops.maximum(ops.floor(ops.maximum(height, width) * (values["scale_min"] + number * step)), 1.0)
    top = _start(noise[:, 1], height, side, values["max_border"])
    left = _start(noise[:, 2], width, side, values["max_border"])
    window = [_visible(start, side, length) for start, length in ((top, height), (left, width))]
    boxes = moved(view.boxes_yxyx, old=(height, width), shift=(-top, -left), new=(side, side))
    (first_row, rows), (first_column, columns) = window
    narrowed = view.narrowed(whole(first_row), whole(first_column), whole(rows), whole(columns))
    framed = padded(
        narrowed,
        top=whole(first_row - top),
        left=whole(first_column - left),
        height=whole(side),
        width=whole(side),
    )
    return within_frame(framed.with_boxes(boxes))


def _start(uniform: Tensor, length: Tensor, side: Tensor, max_border: Tensor) -> Tensor:
    """Return the first line of a window around a random centre, below 0 where it begins outside."""
    border = ops.zeros_like(length)
    for halving in reversed(range(HALVINGS)):
        smaller = ops.floor(max_border * 0.5**halving)
        border = ops.where(2.0 * smaller <= length, smaller, border)
    centre = border + integer_below(uniform, length - 2.0 * border + 1.0)
    return centre - ops.floor(0.5 * side)


def _visible(start: Tensor, side: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
    """Return the first line of the image in a window, and how many lines of it are."""
    first = ops.maximum(start, 0.0)
    end = ops.minimum(start + side, length - 1.0)
    first = ops.minimum(first, length - 1.0)
    return first, ops.maximum(end - first, 1.0)


def scale_crop_and_pad_to_square(view: View, noise: Tensor, values: Values, _: Switches) -> View:
    """`random_scale_crop_and_pad_to_square`: the image scaled, then cut and padded to one square size.

    Its longer side becomes `output_size` times a scale from `scale_min` to `scale_max`. If it is longer than
    `output_size` a random window is cut, if it is shorter black is added below and on the right.
    """
    output = values["output_size"]
    scale = values["scale_min"] + noise[:, 0] * (values["scale_max"] - values["scale_min"])
    height, width = sides(view)
    scaled = rescaled(view, *scaled_sides(view, output * scale / ops.maximum(height, width)))
    high, wide = sides(scaled)
    rows, columns = ops.minimum(high, output), ops.minimum(wide, output)
    top = integer_below(noise[:, 1], high - rows)
    left = integer_below(noise[:, 2], wide - columns)
    side = output * ops.ones_like(high)
    boxes = moved(scaled.boxes_yxyx, old=(high, wide), shift=(-top, -left), new=(side, side))
    nowhere = ops.zeros_like(view.height)
    narrowed = scaled.narrowed(whole(top), whole(left), whole(rows), whole(columns))
    framed = padded(narrowed, top=nowhere, left=nowhere, height=whole(side), width=whole(side))
    return within_frame(framed.with_boxes(boxes))
