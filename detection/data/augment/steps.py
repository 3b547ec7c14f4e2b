"""The options of a pipeline.config as steps over a batch, each with its noise columns and its values."""

from collections.abc import Callable, Mapping
from typing import Any

import keras

from detection.data.augment import colour
from detection.data.augment.crop import COLUMNS as CROP_COLUMNS
from detection.data.augment.crop import random_crop
from detection.data.augment.options import OptionValues
from detection.data.augment.view import View

Tensor = Any
Values = Mapping[str, Tensor]


def _flip_horizontally(view: View, noise: Tensor, values: Values) -> View:
    return view.mirror_x(noise[:, 0] < values["probability"])


def _flip_vertically(view: View, noise: Tensor, values: Values) -> View:
    return view.mirror_y(noise[:, 0] < values["probability"])


def _around_zero(noise: Tensor, values: Values) -> Tensor:
    """Return strengths uniform between minus and plus `max_delta`."""
    return (2.0 * noise[:, 0] - 1.0) * values["max_delta"]


def _factor(noise: Tensor, values: Values) -> Tensor:
    """Return strengths uniform between `min_delta` and `max_delta`."""
    return values["min_delta"] + noise[:, 0] * (values["max_delta"] - values["min_delta"])


GEOMETRIC: dict[str, Callable[[View, Tensor, Values], View]] = {
    "random_horizontal_flip": _flip_horizontally,
    "random_vertical_flip": _flip_vertically,
}
COLOUR: dict[str, Callable[[Tensor, Tensor, Values, Tensor | None], Tensor]] = {
    "random_adjust_brightness": lambda images, noise, values, _: colour.add_brightness(
        images, _around_zero(noise, values)
    ),
    "random_adjust_contrast": lambda images, noise, values, inside: colour.scale_contrast(
        images, _factor(noise, values), inside
    ),
    "random_adjust_saturation": lambda images, noise, values, _: colour.scale_saturation(
        images, _factor(noise, values)
    ),
    "random_adjust_hue": lambda images, noise, values, _: colour.shift_hue(images, _around_zero(noise, values)),
}


class Step:
    """One option at its place in the config; its values are non-trainable variables named after the fields."""

    def __init__(self, option: OptionValues, *, index: int, first_column: int) -> None:
        self.name = option.name
        self._switches = dict(option.switches)
        self.columns = CROP_COLUMNS if option.name == "random_crop_image" else 1
        self._noise = slice(first_column, first_column + self.columns)
        self.variables = {
            field: keras.Variable(
                value, trainable=False, dtype="float32", name=f"augmentation_{index}_{self.name}_{field}"
            )
            for field, value in option.values
        }

    def assign(self, option: OptionValues) -> None:
        """Take over the values of the same option."""
        for field, value in option.values:
            self.variables[field].assign(value)

    def look(self, view: View, noise: Tensor) -> View:
        """Return the view that a geometric option makes of a view; a colour option leaves it."""
        if self.name == "random_crop_image":
            return random_crop(
                view, noise[:, self._noise], self._values(), clip_boxes=self._switches["clip_boxes"]
            )
        if self.name in GEOMETRIC:
            return GEOMETRIC[self.name](view, noise[:, self._noise], self._values())
        return view

    def tint(self, images: Tensor, noise: Tensor, inside: Tensor | None) -> Tensor:
        """Return the images as a colour option changes them; a geometric one leaves them."""
        if self.name in COLOUR:
            return COLOUR[self.name](images, noise[:, self._noise], self._values(), inside)
        return images

    def _values(self) -> Values:
        return {field: keras.ops.convert_to_tensor(variable) for field, variable in self.variables.items()}
