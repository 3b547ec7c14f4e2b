"""The options that move pixels and objects, by name."""

from typing import Any

from detection.data.augment.crop import COLUMNS as CROP_COLUMNS
from detection.data.augment.crop import random_crop
from detection.data.augment.view import View
from detection.data.augment.view_option import Switches, Values, ViewOption

Tensor = Any


def _flip_horizontally(view: View, noise: Tensor, values: Values, _: Switches) -> View:
    return view.mirror_x(noise[:, 0] < values["probability"])


def _flip_vertically(view: View, noise: Tensor, values: Values, _: Switches) -> View:
    return view.mirror_y(noise[:, 0] < values["probability"])


def _crop(view: View, noise: Tensor, values: Values, switches: Switches) -> View:
    return random_crop(view, noise, values, clip_boxes=switches["clip_boxes"])


VIEW_OPTIONS: dict[str, ViewOption] = {
    "random_horizontal_flip": ViewOption(1, _flip_horizontally),
    "random_vertical_flip": ViewOption(1, _flip_vertically),
    "random_crop_image": ViewOption(CROP_COLUMNS, _crop),
}
