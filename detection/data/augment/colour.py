"""The colour options, on images 0..255 float32 `[batch, height, width, 3]`, with strengths `[batch]`."""

from typing import Any

from keras import ops

Tensor = Any


def _per_image(strength: Tensor) -> Tensor:
    return strength[:, None, None, None]


def _clipped(images: Tensor) -> Tensor:
    return ops.clip(images, 0.0, 255.0)


def add_brightness(images: Tensor, share: Tensor) -> Tensor:
    """Return the images with `255 * share` added, clipped."""
    return _clipped(images + _per_image(255.0 * share))


def scale_contrast(images: Tensor, factor: Tensor, inside: Tensor | None) -> Tensor:
    """Return the images with the distance from each channel's mean scaled, clipped.

    The mean is that of the pixels where `inside` bool `[batch, height, width, 1]` is true; None: of all pixels.
    """
    if inside is None:
        mean = ops.mean(images, axis=(1, 2), keepdims=True)
    else:
        total = ops.sum(ops.where(inside, images, 0.0), axis=(1, 2), keepdims=True)
        mean = total / ops.sum(ops.cast(inside, "float32"), axis=(1, 2), keepdims=True)
    return _clipped((images - mean) * _per_image(factor) + mean)


def scale_saturation(images: Tensor, factor: Tensor) -> Tensor:
    """Return the images with their HSV saturation scaled and limited to 1; hue and value are unchanged.

    At fixed hue and value every channel's distance from the value is proportional to the saturation, so no
    conversion to HSV is needed.
    """
    value, chroma = _value_and_chroma(*ops.unstack(images, 3, axis=-1))
    limit = value / ops.maximum(chroma, 1e-12)
    scale = ops.minimum(factor[:, None, None], limit)[..., None]
    value = value[..., None]
    return _clipped(value - (value - images) * scale)


def shift_hue(images: Tensor, turn: Tensor) -> Tensor:
    """Return the images with their HSV hue moved by `turn` of the colour circle, and nothing else changed."""
    red, green, blue = ops.unstack(images, 3, axis=-1)
    value, chroma = _value_and_chroma(red, green, blue)
    divisor = ops.maximum(chroma, 1e-12)
    from_red = (green - blue) / divisor
    from_green = 2.0 + (blue - red) / divisor
    from_blue = 4.0 + (red - green) / divisor
    hue = ops.where(value == red, from_red, ops.where(value == green, from_green, from_blue))
    hue = hue + 6.0 * turn[:, None, None]
    # Along the circle of six sectors a channel falls from the value by the chroma and rises again; the offsets
    # are those of red, green and blue.
    return _clipped(ops.stack([value - chroma * _fall(hue + offset) for offset in (5.0, 3.0, 1.0)], axis=-1))


def to_gray(images: Tensor, chosen: Tensor) -> Tensor:
    """Return the images where `chosen` bool `[batch]` is true as three equal channels of their luma."""
    red, green, blue = ops.unstack(images, 3, axis=-1)
    luma = (0.2989 * red + 0.587 * green + 0.114 * blue)[..., None]
    return ops.where(chosen[:, None, None, None], luma, images)


def adjust_gamma(images: Tensor, gamma: Tensor, gain: Tensor) -> Tensor:
    """Return `255 * gain * (images / 255) ** gamma`, clipped; `gamma` and `gain` are scalars."""
    return _clipped(255.0 * gain * ops.power(_clipped(images) / 255.0, gamma))


def change_range(images: Tensor, original: tuple[Tensor, Tensor], target: tuple[Tensor, Tensor]) -> Tensor:
    """Return the images with the range from lowest to highest of `original` stretched to that of `target`."""
    low, high = original
    target_low, target_high = target
    return (images - low) * ((target_high - target_low) / (high - low)) + target_low


def _value_and_chroma(red: Tensor, green: Tensor, blue: Tensor) -> tuple[Tensor, Tensor]:
    """Return the largest channel and its distance from the smallest; faster pairwise than by reduction."""
    value = ops.maximum(ops.maximum(red, green), blue)
    return value, value - ops.minimum(ops.minimum(red, green), blue)


def _fall(place: Tensor) -> Tensor:
    """Return the decrease at a position on the hue circle: 0 at 0, 1 from 1 to 3, 0 from 4 on, else linear."""
    place = place - 6.0 * ops.floor(place * (1.0 / 6.0))
    return ops.clip(ops.minimum(place, 4.0 - place), 0.0, 1.0)
