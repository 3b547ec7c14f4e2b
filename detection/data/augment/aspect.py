"""`random_crop_to_aspect_ratio`: the largest window of an aspect ratio, at a random position."""

from typing import Any

from keras import ops

from sweepbox.detection.data.augment.crop import Windows, shown
from sweepbox.detection.data.augment.frames import integer_below, sides
from sweepbox.detection.data.augment.view import View
from sweepbox.detection.data.augment.view_option import Values

Tensor = Any


def crop_to_aspect_ratio(view: View, noise: Tensor, values: Values, *, clip_boxes: bool) -> View:
    """Return the largest window of `aspect_ratio` (width / height), at a uniform position. Two columns.

    An object stays if at least `overlap_thresh` of its area is in the window and some of it is.
    """
    height, width = sides(view)
    aspect = values["aspect_ratio"]
    is_wide = width / height > aspect
    high = ops.where(is_wide, height, ops.minimum(ops.round(width / aspect), height))
    wide = ops.where(is_wide, ops.minimum(ops.round(height * aspect), width), width)
    high, wide = ops.maximum(high, 1.0), ops.maximum(wide, 1.0)
    top = integer_below(noise[:, 0], height - high + 1.0)
    left = integer_below(noise[:, 1], width - wide + 1.0)
    always = ops.ones_like(top, dtype="bool")
    window = Windows(top, left, high, wide, always)
    return shown(view, window, values["overlap_thresh"], clip_boxes=clip_boxes)
