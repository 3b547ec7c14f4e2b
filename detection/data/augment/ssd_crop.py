"""The crops of the SSD paper (Liu et al. 2016): one of several settings, drawn for each image."""

from typing import Any

from keras import ops

from sweepbox.detection.data.augment.aspect import crop_to_aspect_ratio
from sweepbox.detection.data.augment.crop import COLUMNS as CROP_COLUMNS
from sweepbox.detection.data.augment.crop import random_crop
from sweepbox.detection.data.augment.frames import integer_below
from sweepbox.detection.data.augment.pad import PAD_COLUMNS, pad_relative, pad_to_aspect_ratio
from sweepbox.detection.data.augment.view import View
from sweepbox.detection.data.augment.view_option import Switches, Values

Tensor = Any

SSD_COLUMNS = 1 + CROP_COLUMNS
"""Which setting; the crop."""
SSD_PAD_COLUMNS = SSD_COLUMNS + PAD_COLUMNS
SSD_FIXED_COLUMNS = SSD_COLUMNS + 2
SSD_PAD_FIXED_COLUMNS = SSD_COLUMNS + 1
LATER_OVERLAP = 0.3
"""The `overlap_thresh` of the crop to the aspect ratio, whatever the setting."""


def ssd_crop(view: View, noise: Tensor, values: Values, switches: Switches) -> View:
    """`ssd_random_crop`: a random crop with one of the `operations`, with equal probability."""
    return _crop(view, noise, _picked(noise, values, switches))


def ssd_crop_pad(view: View, noise: Tensor, values: Values, switches: Switches) -> View:
    """`ssd_random_crop_pad`: a random crop in a larger frame, both with the drawn setting."""
    picked = _picked(noise, values, switches)
    cropped = _crop(view, noise, picked)
    return pad_relative(view, cropped, noise[:, SSD_COLUMNS:], picked)


def ssd_crop_fixed(view: View, noise: Tensor, values: Values, switches: Switches) -> View:
    """`ssd_random_crop_fixed_aspect_ratio`: a crop of one aspect ratio, also of otherwise uncropped images."""
    aspect = values["aspect_ratio"]
    picked = _picked(noise, values, switches) | {"min_aspect_ratio": aspect, "max_aspect_ratio": aspect}
    cropped = _crop(view, noise, picked)
    shape = {"aspect_ratio": aspect, "overlap_thresh": LATER_OVERLAP}
    return crop_to_aspect_ratio(cropped, noise[:, SSD_COLUMNS:], shape, clip_boxes=True)


def ssd_crop_pad_fixed(view: View, noise: Tensor, values: Values, switches: Switches) -> View:
    """`ssd_random_crop_pad_fixed_aspect_ratio`: a crop of any aspect ratio in a frame of a fixed one."""
    cropped = _crop(view, noise, _picked(noise, values, switches))
    return pad_to_aspect_ratio(cropped, noise[:, SSD_COLUMNS:], values)


def ssd_pad_colour(noise: Tensor, values: Values, switches: Switches) -> Tensor:
    """Return the colour of each image's setting, `[batch, 3]`."""
    picked = _picked(noise, values, switches)
    return ops.stack([picked[f"pad_color_{channel}"] for channel in "rgb"], axis=-1)


def _crop(view: View, noise: Tensor, picked: Values) -> View:
    return random_crop(view, noise[:, 1:SSD_COLUMNS], picked, clip_boxes=picked["clip_boxes"])


def _picked(noise: Tensor, values: Values, switches: Switches) -> dict[str, Tensor]:
    """Return the fields of each image's setting, `[batch]` each; `clip_boxes` as bool."""
    count = switches["operations"]
    number = ops.cast(integer_below(noise[:, 0], ops.convert_to_tensor(count)), "int32")
    first = "operations[0]."
    names = [name.removeprefix(first) for name in values if name.startswith(first)]
    picked = {
        name: ops.take(ops.stack([values[f"operations[{place}].{name}"] for place in range(count)]), number)
        for name in names
    }
    clips = ops.convert_to_tensor([switches[f"operations[{place}].clip_boxes"] for place in range(count)])
    return picked | {"clip_boxes": ops.take(clips, number)}
