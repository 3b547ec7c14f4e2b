"""The options that move pixels and objects, by name."""

from typing import Any

from sweepbox.detection.data.augment import pad, resize, square, ssd_crop
from sweepbox.detection.data.augment.aspect import crop_to_aspect_ratio
from sweepbox.detection.data.augment.crop import COLUMNS as CROP_COLUMNS
from sweepbox.detection.data.augment.crop import random_crop
from sweepbox.detection.data.augment.frames import repeated
from sweepbox.detection.data.augment.jitter import JITTER_COLUMNS, jitter_boxes
from sweepbox.detection.data.augment.view import View
from sweepbox.detection.data.augment.view_option import Switches, Values, ViewOption

Tensor = Any


def _flip_horizontally(view: View, noise: Tensor, values: Values, _: Switches) -> View:
    return view.mirror_x(noise[:, 0] < values["probability"])


def _flip_vertically(view: View, noise: Tensor, values: Values, _: Switches) -> View:
    return view.mirror_y(noise[:, 0] < values["probability"])


def _rotate(view: View, noise: Tensor, values: Values, _: Switches) -> View:
    """Rotate counter-clockwise by 90 degrees: the right edge becomes the top."""
    chosen = noise[:, 0] < values["probability"]
    return view.transpose(chosen).mirror_y(chosen)


def _crop(view: View, noise: Tensor, values: Values, switches: Switches) -> View:
    return random_crop(view, noise, values, clip_boxes=switches["clip_boxes"])


def _crop_to_aspect_ratio(view: View, noise: Tensor, values: Values, switches: Switches) -> View:
    return crop_to_aspect_ratio(view, noise, values, clip_boxes=switches["clip_boxes"])


def _repeat(view: View, noise: Tensor, values: Values, _: Switches) -> View:
    downwards = noise[:, 0] < values["concat_vertical_probability"]
    return repeated(view, downwards=downwards, across=noise[:, 1] < values["concat_horizontal_probability"])


VIEW_OPTIONS: dict[str, ViewOption] = {
    "random_horizontal_flip": ViewOption(1, _flip_horizontally),
    "random_vertical_flip": ViewOption(1, _flip_vertically),
    "random_rotation90": ViewOption(1, _rotate, transposes=True),
    "random_jitter_boxes": ViewOption(JITTER_COLUMNS, jitter_boxes),
    "random_crop_image": ViewOption(CROP_COLUMNS, _crop),
    "random_crop_to_aspect_ratio": ViewOption(2, _crop_to_aspect_ratio),
    "ssd_random_crop": ViewOption(ssd_crop.SSD_COLUMNS, ssd_crop.ssd_crop),
    "ssd_random_crop_fixed_aspect_ratio": ViewOption(ssd_crop.SSD_FIXED_COLUMNS, ssd_crop.ssd_crop_fixed),
    "ssd_random_crop_pad": ViewOption(
        ssd_crop.SSD_PAD_COLUMNS, ssd_crop.ssd_crop_pad, fill=ssd_crop.ssd_pad_colour
    ),
    "ssd_random_crop_pad_fixed_aspect_ratio": ViewOption(
        ssd_crop.SSD_PAD_FIXED_COLUMNS, ssd_crop.ssd_crop_pad_fixed, fill=pad.black
    ),
    "random_pad_image": ViewOption(pad.PAD_COLUMNS, pad.pad_image, fill=pad.pad_colour),
    "random_absolute_pad_image": ViewOption(pad.PAD_COLUMNS, pad.absolute_pad_image, fill=pad.pad_colour),
    "random_crop_pad_image": ViewOption(pad.CROP_PAD_COLUMNS, pad.crop_pad_image, fill=pad.pad_colour),
    "random_square_crop_by_scale": ViewOption(
        square.SQUARE_COLUMNS, square.square_crop_by_scale, fill=pad.black
    ),
    "random_scale_crop_and_pad_to_square": ViewOption(
        square.SCALE_SQUARE_COLUMNS, square.scale_crop_and_pad_to_square, fill=pad.black
    ),
    "random_self_concat_image": ViewOption(2, _repeat),
    "random_image_scale": ViewOption(1, resize.scale_image),
    "random_downscale_to_target_pixels": ViewOption(2, resize.downscale_to_target),
    "random_resize_method": ViewOption(0, resize.resize_to("target_height", "target_width")),
    "resize_image": ViewOption(0, resize.resize_to("new_height", "new_width")),
}
