"""`random_crop_image`: a random window that covers some object, and the objects that remain in it.

The window is drawn as in TensorFlow's `sample_distorted_bounding_box`: the first of up to 100 attempts that
meets all limits is used, or the whole image if none does. All attempts for all images are computed at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from keras import ops

from sweepbox.detection.data.augment.frames import integer_below
from sweepbox.detection.data.augment.select import select
from sweepbox.detection.data.augment.view import View

Tensor = Any

ATTEMPTS = 100
COLUMNS = 1 + 4 * ATTEMPTS
"""Noise columns that one crop uses: whether to crop; for each attempt aspect ratio, height, top and left."""
FIELDS = (
    "min_object_covered",
    "min_aspect_ratio",
    "max_aspect_ratio",
    "min_area",
    "max_area",
    "overlap_thresh",
    "random_coef",
)


@dataclass(frozen=True)
class Windows:
    """Candidate windows in integer pixels of the view, float32 `[batch, attempts]`; `valid` is bool."""

    top: Tensor
    left: Tensor
    height: Tensor
    width: Tensor
    valid: Tensor


def random_crop(view: View, noise: Tensor, values: Mapping[str, Tensor], *, clip_boxes: Any) -> View:
    """Return the view narrowed to a random window, with the objects that remain in it.

    `noise` float32 `[batch, COLUMNS]`; `values` holds the fields of `RandomCropImage` as scalars or `[batch]`.
    An image is unchanged with probability `random_coef`. An object stays if at least `overlap_thresh` of
    its area is in the window and some of it is; one without area does not. `clip_boxes`: a truth value for all
    images or bool `[batch]`.
    """
    values = {name: ops.reshape(value, (-1, 1)) for name, value in values.items() if name in FIELDS}
    attempts = ops.reshape(noise[:, 1:], (-1, 4, ATTEMPTS))
    windows = _candidates(view, attempts, values)
    valid = ops.logical_and(windows.valid, _covers_an_object(view, windows, values["min_object_covered"]))
    window = _first_valid(view, replace(windows, valid=valid))
    cropped = shown(view, window, values["overlap_thresh"], clip_boxes=clip_boxes)
    return select((noise[:, :1] < values["random_coef"])[:, 0], view, cropped)


def _candidates(view: View, noise: Tensor, values: Mapping[str, Tensor]) -> Windows:
    """Return a candidate for every attempt; `noise` is `[batch, 4, attempts]`.

    The aspect ratio (width / height) is uniform; then the height is uniform over the integers that keep the
    area in its range and the window in the image; a height just beyond the area's range is moved by one, and
    a window that still does not fit is not valid. A window smaller than the image never touches the bottom edge
    (nor the right one): the offset is drawn below `height - window height`.
    """
    image_height = ops.cast(view.height, "float32")[:, None]
    image_width = ops.cast(view.width, "float32")[:, None]
    pixels = image_height * image_width
    aspect = values["min_aspect_ratio"] + noise[:, 0] * (
        values["max_aspect_ratio"] - values["min_aspect_ratio"]
    )
    smallest, largest = values["min_area"] * pixels, values["max_area"] * pixels
    highest = ops.round(ops.sqrt(largest / aspect))
    too_wide = ops.round(highest * aspect) > image_width
    highest = ops.where(too_wide, ops.floor((image_width + 0.5) / aspect), highest)
    highest = ops.minimum(highest, image_height)
    lowest = ops.minimum(ops.round(ops.sqrt(smallest / aspect)), highest)
    height = lowest + integer_below(noise[:, 1], highest - lowest + 1.0)
    height = ops.where(height * ops.round(height * aspect) < smallest, height + 1.0, height)
    height = ops.where(height * ops.round(height * aspect) > largest, height - 1.0, height)
    width = ops.round(height * aspect)
    fits = (height >= 1.0) & (width >= 1.0) & (height <= image_height) & (width <= image_width)
    in_range = (height * width >= smallest) & (height * width <= largest)
    top = integer_below(noise[:, 2], image_height - height)
    left = integer_below(noise[:, 3], image_width - width)
    return Windows(top, left, height, width, fits & in_range)


def _covers_an_object(view: View, windows: Windows, share: Tensor) -> Tensor:
    """Return bool `[batch, attempts]`: the window holds at least `share` of some object's area.

    `share` is float32 `[1 or batch, 1]`. Objects are truncated to whole pixels, and those below a pixel are
    ignored. An image without objects counts as one object that fills it.
    """
    height, width = ops.cast(view.height, "float32"), ops.cast(view.width, "float32")
    whole = ops.stack([ops.zeros_like(height), ops.zeros_like(height), height, width], axis=-1)[:, None, :]
    to_pixels = ops.stack([height, width, height, width], axis=-1)[:, None, :]
    nothing = ops.logical_not(ops.any(view.present, axis=1, keepdims=True))
    boxes = ops.concatenate([ops.trunc(view.boxes_yxyx * to_pixels), whole], axis=1)
    looked_at = ops.concatenate([view.present, nothing], axis=1)
    top, left, bottom, right = (side[:, None, :] for side in ops.unstack(boxes, 4, axis=-1))
    area = (bottom - top) * (right - left)
    window_top, window_left = windows.top[:, :, None], windows.left[:, :, None]
    window_bottom = window_top + windows.height[:, :, None]
    window_right = window_left + windows.width[:, :, None]
    high = ops.relu(ops.minimum(window_bottom, bottom) - ops.maximum(window_top, top))
    wide = ops.relu(ops.minimum(window_right, right) - ops.maximum(window_left, left))
    return ops.any((high * wide >= share[:, :, None] * area) & (area >= 1.0) & looked_at[:, None, :], axis=-1)


def _first_valid(view: View, windows: Windows) -> Windows:
    """Return the first valid window of each image, `[batch]`, or the whole image."""
    first = ops.argmax(ops.cast(windows.valid, "int32"), axis=1)[:, None]
    found = ops.any(windows.valid, axis=1)

    def pick(candidates: Tensor, otherwise: Tensor) -> Tensor:
        picked = ops.take_along_axis(candidates, first, axis=1)[:, 0]
        return ops.where(found, picked, ops.cast(otherwise, "float32"))

    zeros = ops.zeros_like(view.height)
    return Windows(
        pick(windows.top, zeros),
        pick(windows.left, zeros),
        pick(windows.height, view.height),
        pick(windows.width, view.width),
        found,
    )


def shown(view: View, window: Windows, overlap_thresh: Tensor, *, clip_boxes: Any) -> View:
    """Return the view narrowed to one window per image, with the objects that are sufficiently inside.

    `overlap_thresh`: a scalar or `[1 or batch, 1]`; `clip_boxes`: a truth value or bool `[batch]`.
    """
    height, width = ops.cast(view.height, "float32"), ops.cast(view.width, "float32")
    origin = ops.stack([window.top / height, window.left / width], axis=-1)[:, None, :]
    extent = ops.stack([window.height / height, window.width / width], axis=-1)[:, None, :]
    low, high = view.boxes_yxyx[..., :2], view.boxes_yxyx[..., 2:]
    inside = ops.relu(ops.minimum(high, origin + extent) - ops.maximum(low, origin))
    shared, area = ops.prod(inside, axis=-1), ops.prod(high - low, axis=-1)
    stays = (shared > 0.0) & (shared >= overlap_thresh * area)
    boxes = ops.concatenate([(low - origin) / extent, (high - origin) / extent], axis=-1)
    if not isinstance(clip_boxes, bool):
        boxes = select(clip_boxes, ops.clip(boxes, 0.0, 1.0), boxes)
    elif clip_boxes:
        boxes = ops.clip(boxes, 0.0, 1.0)
    sides = (ops.cast(side, "int32") for side in (window.top, window.left, window.height, window.width))
    return replace(view.narrowed(*sides), boxes_yxyx=boxes, present=view.present & stays)
