"""The image resizers of a pipeline.config: output sizes and filters."""

from dataclasses import dataclass
from typing import Any

from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.resizers import ResizerSettings, resizer_settings
from sweepbox.detection.data.augment.filters import filter_of
from sweepbox.detection.data.augment.sampling import Filter

Tensor = Any


@dataclass(frozen=True)
class Resizer(ResizerSettings):
    """A resizer's settings with its arithmetic on tensors."""

    def resized(self, heights: Tensor, widths: Tensor) -> tuple[Tensor, Tensor]:
        """Return the resized heights and widths of images, all int32 `[batch]`."""
        if self.min_dimension is None:
            height, width = self.output_size
            # Always the first branch; `where` keeps the size from being a constant, see `axis_samples`.
            one = ops.ones_like(heights)
            return ops.where(heights > 0, one * height, one), ops.where(widths > 0, one * width, one)
        high, wide = ops.cast(heights, "float32"), ops.cast(widths, "float32")
        short, long = float(self.min_dimension), float(self.output_size[0])
        scale = ops.minimum(short / ops.minimum(high, wide), long / ops.maximum(high, wide))
        return self._rounded(high * scale), self._rounded(wide * scale)

    def filter_for(self, canvas: tuple[int, int]) -> Filter:
        """Return the filter of the resize method, for images on a canvas of static height and width."""
        return filter_of(self.method, self._largest_step(canvas) if self.method == pb.AREA else 1.0)

    def _largest_step(self, canvas: tuple[int, int]) -> float:
        """Return the most lines of an image on the canvas that one output line spans, on either axis.

        A side that is scaled to s lines gets at least 1 and at least s - 1/2 of them: up to 3/2 of 1 / scale.
        """
        if self.min_dimension is None:
            return max(side / output for side, output in zip(canvas, self.output_size, strict=True))
        return 1.5 * max(min(canvas) / self.min_dimension, max(canvas) / self.output_size[0])

    def _rounded(self, side: Tensor) -> Tensor:
        # Very long images keep at least one pixel of their shorter side.
        return ops.cast(ops.clip(ops.round(side), 1, self.output_size[0]), "int32")


def read_resizer(message: pb.ImageResizer) -> Resizer:
    """Return the resizer of a config; ConfigError if its output has not one static size and three channels."""
    settings = resizer_settings(message)
    return Resizer(settings.output_size, settings.min_dimension, settings.padding, settings.method)
