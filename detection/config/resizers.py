"""The supported image resizers, which all give one static size.

The checks of a config, the model's input, the preprocessor and the exported model use these settings.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError

PATH = "model.ssd.image_resizer"
SUPPORTED = ("fixed_shape_resizer", "keep_aspect_ratio_resizer")
CHANNELS = 3
LARGEST_SIDE = 16_384
"""Pixels on a side of an image."""


@dataclass(frozen=True)
class ResizerSettings:
    """How images are resized to one static size.

    Attributes:
        output_size: Height and width of the frame in pixels.
        min_dimension: None if images are stretched to the frame. Otherwise they keep their aspect ratio, and
            the shorter side gets this length unless the longer one would not fit.
        padding: The value of each channel outside the image, after normalisation.
        method: A `ResizeType`.
    """

    output_size: tuple[int, int]
    min_dimension: int | None = None
    padding: tuple[float, float, float] = (0.0, 0.0, 0.0)
    method: int = pb.BILINEAR


def resizer_settings(message: pb.ImageResizer) -> ResizerSettings:
    """Return the settings of a resizer; ConfigError, one line for each problem, if it is not supported."""
    problems = list(resizer_problems(message))
    if problems:
        raise ConfigError("\n".join(problems))
    if message.HasField("fixed_shape_resizer"):
        fixed = message.fixed_shape_resizer
        return ResizerSettings((fixed.height, fixed.width), method=fixed.resize_method)
    keeping = message.keep_aspect_ratio_resizer
    red, green, blue = keeping.per_channel_pad_value or (0.0, 0.0, 0.0)
    return ResizerSettings(
        (keeping.max_dimension, keeping.max_dimension),
        min_dimension=keeping.min_dimension,
        padding=(red, green, blue),
        method=keeping.resize_method,
    )


def resizer_problems(message: pb.ImageResizer) -> Iterator[str]:
    """Yield a line for each reason why images would not have one static size and three channels."""
    name = message.WhichOneof("image_resizer_oneof")
    if name is None:
        yield f"{PATH}: nothing is chosen; set {' or '.join(SUPPORTED)}"
    elif name not in SUPPORTED:
        yield (
            f"{PATH}.{name} is not supported: its images differ in size, and programs are compiled for one "
            f"size; use {' or '.join(SUPPORTED)}"
        )
    else:
        path = f"{PATH}.{name}"
        if getattr(message, name).convert_to_grayscale:
            yield (
                f"{path}.convert_to_grayscale = true is not supported: it leaves one channel, and the network "
                "takes three; use false"
            )
        if name == "fixed_shape_resizer":
            yield from _fixed_shape_problems(message.fixed_shape_resizer, path)
        else:
            yield from _keep_aspect_problems(message.keep_aspect_ratio_resizer, path)


def _fixed_shape_problems(resizer: pb.FixedShapeResizer, path: str) -> Iterator[str]:
    for name in ("height", "width"):
        side = getattr(resizer, name)
        if not 1 <= side <= LARGEST_SIDE:
            yield f"{path}.{name} = {side}: give a value of at least 1 and at most {LARGEST_SIDE}"


def _keep_aspect_problems(resizer: pb.KeepAspectRatioResizer, path: str) -> Iterator[str]:
    if not resizer.pad_to_max_dimension:
        yield (
            f"{path}.pad_to_max_dimension = false is not supported: images would differ in size, and programs "
            "are compiled for one size; use true"
        )
    if resizer.min_dimension < 1:
        yield f"{path}.min_dimension = {resizer.min_dimension}: give a value of at least 1"
    if resizer.max_dimension > LARGEST_SIDE:
        yield f"{path}.max_dimension = {resizer.max_dimension}: give a value of at most {LARGEST_SIDE}"
    if resizer.min_dimension > resizer.max_dimension:
        yield (
            f"{path}.min_dimension = {resizer.min_dimension} exceeds max_dimension = {resizer.max_dimension}; "
            "lower it"
        )
    count = len(resizer.per_channel_pad_value)
    if count not in {0, CHANNELS}:
        yield f"{path}.per_channel_pad_value: {count} values; give {CHANNELS} or none"
