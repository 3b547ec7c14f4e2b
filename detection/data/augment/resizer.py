"""The image resizers of a pipeline.config: the size that images are brought to and the frame around them."""

from dataclasses import dataclass
from typing import Any

from keras import ops

from detection.config import pipeline_pb2 as pb
from detection.core.errors import ConfigError

Tensor = Any


@dataclass(frozen=True)
class Resizer:
    """How images come to one static size.

    `output_size`: height and width of the frame; `min_dimension`: None where the image fills the frame whatever
    its shape, else images keep their shape and the shorter side is brought to it, unless the longer one would
    not fit; `padding`: value of each channel outside the image, after normalisation.
    """

    output_size: tuple[int, int]
    min_dimension: int | None = None
    padding: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def resized(self, heights: Tensor, widths: Tensor) -> tuple[Tensor, Tensor]:
        """Return the heights and widths that images get of these heights and widths, all int32 `[batch]`."""
        if self.min_dimension is None:
            height, width = self.output_size
            # Always the first branch; `where` keeps the size from being a constant, see `axis_samples`.
            one = ops.ones_like(heights)
            return ops.where(heights > 0, one * height, one), ops.where(widths > 0, one * width, one)
        high, wide = ops.cast(heights, "float32"), ops.cast(widths, "float32")
        short, long = float(self.min_dimension), float(self.output_size[0])
        scale = ops.minimum(short / ops.minimum(high, wide), long / ops.maximum(high, wide))
        return self._rounded(high * scale), self._rounded(wide * scale)

    def _rounded(self, side: Tensor) -> Tensor:
        return ops.cast(ops.clip(ops.round(side), 1, self.output_size[0]), "int32")


def read_resizer(message: pb.ImageResizer) -> Resizer:
    """Return the resizer of a config; ConfigError where its output lacks one static size or three channels."""
    name = message.WhichOneof("image_resizer_oneof")
    if name == "fixed_shape_resizer":
        fixed = message.fixed_shape_resizer
        _check_common(f"image_resizer.{name}", fixed)
        return Resizer((fixed.height, fixed.width))
    if name == "keep_aspect_ratio_resizer":
        return _keep_aspect_ratio(message.keep_aspect_ratio_resizer)
    raise ConfigError(
        f"image_resizer: {name or 'nothing'} is set; set fixed_shape_resizer, or keep_aspect_ratio_resizer "
        "with pad_to_max_dimension"
    )


def _keep_aspect_ratio(message: pb.KeepAspectRatioResizer) -> Resizer:
    path = "image_resizer.keep_aspect_ratio_resizer"
    _check_common(path, message)
    if not message.pad_to_max_dimension:
        raise ConfigError(
            f"{path}.pad_to_max_dimension is false; set it to true, so that all images have one size"
        )
    side = message.max_dimension
    if message.min_dimension > side:
        raise ConfigError(
            f"{path}.min_dimension is {message.min_dimension}, above max_dimension, {side}; give a smaller one"
        )
    values = tuple(message.per_channel_pad_value)
    if len(values) not in {0, 3}:
        raise ConfigError(f"{path}.per_channel_pad_value has {len(values)} values; give three, or none")
    padding = (values[0], values[1], values[2]) if values else (0.0, 0.0, 0.0)
    return Resizer((side, side), min_dimension=message.min_dimension, padding=padding)


def _check_common(path: str, message: pb.FixedShapeResizer | pb.KeepAspectRatioResizer) -> None:
    """Check what both resizers have."""
    if message.resize_method != pb.BILINEAR:
        method = pb.ResizeType.Name(message.resize_method)
        raise ConfigError(f"{path}.resize_method is {method}; only BILINEAR is supported")
    if message.convert_to_grayscale:
        raise ConfigError(
            f"{path}.convert_to_grayscale is true; only colour images are supported, set it to false"
        )
