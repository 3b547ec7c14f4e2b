"""The options that pad the image."""

from typing import Any

from keras import ops

from sweepbox.detection.data.augment.crop import COLUMNS as CROP_COLUMNS
from sweepbox.detection.data.augment.crop import random_crop
from sweepbox.detection.data.augment.frames import integer_below, padded, sides, whole
from sweepbox.detection.data.augment.view import View
from sweepbox.detection.data.augment.view_option import Switches, Values

Tensor = Any

PAD_COLUMNS = 4
"""Noise columns of one padding: height and width of the frame, top and left of the image in it."""
CROP_PAD_COLUMNS = CROP_COLUMNS + PAD_COLUMNS


def pad_image(view: View, noise: Tensor, values: Values, _: Switches) -> View:
    """`random_pad_image`: a frame from the smallest size to below the largest, in pixels.

    A size of 0 stands for the default: the image's own as the smallest, twice that as the largest.
    """
    smallest = [values["min_image_height"], values["min_image_width"]]
    largest = []
    for side, name in zip(sides(view), ("max_image_height", "max_image_width"), strict=True):
        largest.append(ops.where(values[name] > 0.0, values[name], 2.0 * side))
    return random_pad(view, noise, smallest, largest)


def absolute_pad_image(view: View, noise: Tensor, values: Values, _: Switches) -> View:
    """`random_absolute_pad_image`: up to but not including `max_*_padding` more rows and columns."""
    height, width = sides(view)
    more = [ops.maximum(values[f"max_{side}_padding"], 1.0) for side in ("height", "width")]
    return random_pad(view, noise, [height, width], [height + more[0], width + more[1]])


def crop_pad_image(view: View, noise: Tensor, values: Values, switches: Switches) -> View:
    """`random_crop_pad_image`: a random crop in a frame that is sized relative to the image before it."""
    cropped = random_crop(view, noise[:, :CROP_COLUMNS], values, clip_boxes=switches["clip_boxes"])
    return pad_relative(view, cropped, noise[:, CROP_COLUMNS:], values)


def pad_relative(before: View, view: View, noise: Tensor, values: Values) -> View:
    """Return a view in a frame from `min_padded_size_ratio` to `max_padded_size_ratio` of the view before."""
    smallest, largest = (
        [
            ops.floor(side * values[f"{name}_padded_size_ratio[{axis}]"])
            for axis, side in enumerate(sides(before))
        ]
        for name in ("min", "max")
    )
    return random_pad(view, noise, smallest, largest)


def random_pad(view: View, noise: Tensor, smallest: list[Tensor], largest: list[Tensor]) -> View:
    """Return a view somewhere in a frame of a whole height from the smallest to below the largest, and width.

    The frame is never smaller than the view, and has the smallest size where no other is below the largest.
    The margin above the view is below the whole margin. `smallest`, `largest`: height and width, float32.
    """
    frame, place = [], []
    for axis, side in enumerate(sides(view)):
        low = ops.maximum(smallest[axis], side)
        size = low + integer_below(noise[:, axis], largest[axis] - low)
        frame.append(whole(size))
        place.append(whole(integer_below(noise[:, 2 + axis], size - side)))
    return padded(view, top=place[0], left=place[1], height=frame[0], width=frame[1])


def pad_to_aspect_ratio(view: View, noise: Tensor, values: Values) -> View:
    """Return a view at the top left of a frame of `aspect_ratio` (width / height). One column.

    The frame is the smallest that holds the view, times a uniform factor: at least 1, at least what brings both
    sides to `min_padded_size_ratio` of the view's, at most what brings either to `max_padded_size_ratio`.
    """
    height, width = sides(view)
    aspect = values["aspect_ratio"]
    is_wide = width / height > aspect
    fit = [ops.where(is_wide, width / aspect, height), ops.where(is_wide, width, height * aspect)]
    bounds = []
    for name, combine in (("min", ops.maximum), ("max", ops.minimum)):
        factors = [
            ops.maximum(side * values[f"{name}_padded_size_ratio[{axis}]"], fit[axis]) / fit[axis]
            for axis, side in enumerate((height, width))
        ]
        bounds.append(combine(*factors))
    lowest = ops.minimum(bounds[0], bounds[1])
    factor = lowest + noise[:, 0] * (bounds[1] - lowest)
    frame = [
        ops.maximum(whole(ops.round(side * factor)), least)
        for side, least in zip(fit, (view.height, view.width), strict=True)
    ]
    nowhere = ops.zeros_like(view.height)
    return padded(view, top=nowhere, left=nowhere, height=frame[0], width=frame[1])


def pad_colour(_: Tensor, values: Values, switches: Switches) -> Tensor | None:
    """Return `pad_color` as `[1, 3]`, None (the image's mean) where it is empty; one value is for all three."""
    count = switches["pad_color"]
    if not count:
        return None
    channels = [values[f"pad_color[{channel if count > 1 else 0}]"] for channel in range(3)]
    return ops.stack(channels)[None, :]


def black(_: Tensor, __: Values, ___: Switches) -> tuple[float, float, float]:
    """Return black."""
    return (0.0, 0.0, 0.0)
