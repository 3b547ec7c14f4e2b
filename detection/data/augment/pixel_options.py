"""The options that change pixels and nothing else, by name."""

from collections.abc import Mapping
from typing import Any

from keras import ops

from sweepbox.detection.data.augment import colour
from sweepbox.detection.data.augment.pixel_noise import add_patch_noise, paint_black_patches, scale_pixel_values
from sweepbox.detection.data.augment.pixel_option import PixelContext, PixelOption

Tensor = Any

DISTORTION = {"brightness": 32.0 / 255.0, "factor": 0.5, "hue": 0.2}
"""The largest changes of `random_distort_color`; `factor` is that of contrast and saturation around 1."""


def _around_zero(noise: Tensor, values: Mapping[str, Tensor]) -> Tensor:
    """Return strengths uniform between minus and plus `max_delta`."""
    return (2.0 * noise[:, 0] - 1.0) * values["max_delta"]


def _factor(noise: Tensor, values: Mapping[str, Tensor]) -> Tensor:
    """Return strengths uniform between `min_delta` and `max_delta`."""
    return values["min_delta"] + noise[:, 0] * (values["max_delta"] - values["min_delta"])


def _brightness(images: Tensor, context: PixelContext) -> Tensor:
    return colour.add_brightness(images, _around_zero(context.noise, context.values))


def _contrast(images: Tensor, context: PixelContext) -> Tensor:
    return colour.scale_contrast(images, _factor(context.noise, context.values), context.inside)


def _saturation(images: Tensor, context: PixelContext) -> Tensor:
    return colour.scale_saturation(images, _factor(context.noise, context.values))


def _hue(images: Tensor, context: PixelContext) -> Tensor:
    return colour.shift_hue(images, _around_zero(context.noise, context.values))


def _gray(images: Tensor, context: PixelContext) -> Tensor:
    return colour.to_gray(images, context.noise[:, 0] <= context.values["probability"])


def _gamma(images: Tensor, context: PixelContext) -> Tensor:
    return colour.adjust_gamma(images, context.values["gamma"], context.values["gain"])


def _change_range(images: Tensor, context: PixelContext) -> Tensor:
    values = context.values
    original = (values["original_minval"], values["original_maxval"])
    return colour.change_range(images, original, (values["target_minval"], values["target_maxval"]))


def _distort(images: Tensor, context: PixelContext) -> Tensor:
    """Return the images changed in brightness, saturation, hue and contrast, in one of two orders."""
    brightness, first, second, third = ops.unstack(2.0 * context.noise - 1.0, 4, axis=1)
    images = colour.add_brightness(images, brightness * DISTORTION["brightness"])
    factor, turn = DISTORTION["factor"], DISTORTION["hue"]
    if context.switches["color_ordering"] == 0:
        images = colour.scale_saturation(images, 1.0 + first * factor)
        images = colour.shift_hue(images, second * turn)
        return colour.scale_contrast(images, 1.0 + third * factor, context.inside)
    images = colour.scale_contrast(images, 1.0 + first * factor, context.inside)
    images = colour.scale_saturation(images, 1.0 + second * factor)
    return colour.shift_hue(images, third * turn)


PIXEL_OPTIONS: dict[str, PixelOption] = {
    "random_adjust_brightness": PixelOption(1, _brightness),
    "random_adjust_contrast": PixelOption(1, _contrast),
    "random_adjust_saturation": PixelOption(1, _saturation),
    "random_adjust_hue": PixelOption(1, _hue),
    "random_distort_color": PixelOption(4, _distort),
    "random_rgb_to_gray": PixelOption(1, _gray),
    "adjust_gamma": PixelOption(0, _gamma),
    "normalize_image": PixelOption(0, _change_range),
    "random_pixel_value_scale": PixelOption(1, scale_pixel_values),
    "random_patch_gaussian": PixelOption(6, add_patch_noise),
    "random_black_patches": PixelOption(1, paint_black_patches),
}
