"""Resizing with the Object Detection API's sampling grid: TensorFlow 1's, in one pass over the original pixels.

Output pixel i lies at i * (input size / output size) of its window: pixels are aligned at the top left only
(`half_pixel_centers=False`, `align_corners=False`), without antialiasing. Crop, flip, padding and scaling all
select source rows and columns, so one pass does them together: `Ry · image · Rxᵀ`, where every row of `Ry` and
`Rx` has a few entries. The entries are gathered, not multiplied: this is faster on a CPU (2.5 times, see
experiments/benchmarks/input_pipeline.py), and exact on GPUs that multiply matrices in TF32.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from keras import ops

from sweepbox.detection.data.augment.view import AxisLayer, AxisWindow

Tensor = Any


@dataclass(frozen=True)
class Taps:
    """The lines of a frame that each output line is interpolated from.

    `lines`: int32 `[batch, output]` for each tap; `weights`: float32 `[batch, output]` for each, summing to 1.
    """

    lines: tuple[Tensor, ...]
    weights: tuple[Tensor, ...]


Filter = Callable[[Tensor, Tensor, Tensor], Taps]
"""From positions `[batch, output]`, lines per output line `[batch]` and the last line `[batch]` to taps."""


@dataclass(frozen=True)
class AxisSamples:
    """The source positions of output lines along one axis of a frame.

    `position` float32 `[batch, output]`, in lines of the frame; `step` float32 `[batch]`, lines of the frame
    per output line; `taps`: the lines that are interpolated there.
    """

    position: Tensor
    step: Tensor
    taps: Taps

    def placed(self, window: AxisWindow) -> "AxisSamples":
        """Return the samples in the frame of the window in whose lines these are."""
        lines = tuple(window.placed(tap) for tap in self.taps.lines)
        return replace(self, position=window.placed(self.position), taps=replace(self.taps, lines=lines))


def axis_samples(length: Tensor, *, resized: Tensor, output: int, method: Filter) -> AxisSamples:
    """Return the samples that show `length` lines in `resized` of `output` lines.

    `length`, `resized` int32 `[batch]`. Lines past `resized` repeat the last one. `resized` must not be a
    constant of the program: compilers turn a division by a constant into a multiplication by its reciprocal,
    which moves the samples by a rounding error.
    """
    step = ops.cast(length, "float32") / ops.cast(resized, "float32")
    last = length - 1
    position = ops.arange(output, dtype="float32")[None, :] * step[:, None]
    return AxisSamples(position, step, method(position, step, last))


def beneath(samples: AxisSamples, layer: AxisLayer, method: Filter) -> tuple[AxisSamples, Tensor]:
    """Return samples in lines of a layer's frame as samples in lines of the window beneath it.

    The second result is float32 `[batch, output]`: which share of each output line lies on the window; lines
    outside repeat its first or last line.
    """
    length = layer.window.length[:, None]
    if layer.ratio is not None:
        return _rescaled(samples, layer.ratio, layer.window, method), ops.ones_like(samples.position)
    if layer.repeat_from is not None:
        seam = layer.repeat_from[:, None]
        lines = tuple(ops.where(tap < seam, tap, tap - seam) for tap in samples.taps.lines)
        whole = ops.cast(seam, "float32")
        position = ops.where(samples.position < whole, samples.position, samples.position - whole)
        repeated = replace(samples, position=position, taps=replace(samples.taps, lines=lines))
        return repeated, ops.ones_like(samples.position)
    offset = 0 if layer.offset is None else layer.offset[:, None]
    moved = [tap - offset for tap in samples.taps.lines]
    share = sum(
        ops.where((tap >= 0) & (tap < length), weight, 0.0)
        for tap, weight in zip(moved, samples.taps.weights, strict=True)
    )
    lines = tuple(ops.minimum(ops.maximum(tap, 0), length - 1) for tap in moved)
    position = samples.position - ops.cast(offset, "float32")
    return replace(samples, position=position, taps=replace(samples.taps, lines=lines)), share


def _rescaled(samples: AxisSamples, ratio: Tensor, window: AxisWindow, method: Filter) -> AxisSamples:
    """Return the samples where the frame has other lines than the window: their taps are computed again."""
    position, step = samples.position * ratio[:, None], samples.step * ratio
    return AxisSamples(position, step, method(position, step, window.length - 1))


def resample(images: Tensor, rows: Taps, columns: Taps) -> Tensor:
    """Return float32 `[batch, output rows, output columns, 3]` of uint8 `[batch, height, width, 3]`.

    The columns are gathered as rows of the transposed images: whole lines are copied, which is far faster than
    picking single pixels.
    """
    resized = _resample_rows(images, rows)
    return _swap_axes(_resample_rows(_swap_axes(resized), columns))


def _resample_rows(images: Tensor, rows: Taps) -> Tensor:
    """Return float32 `[batch, output, width, channels]`, interpolated between rows of the images."""
    batch, height, width, channels = ops.shape(images)
    output = ops.shape(rows.lines[0])[1]
    lines = ops.reshape(images, (batch * height, width * channels))
    first_line = (ops.arange(batch, dtype="int32") * height)[:, None]
    gathered = [ops.cast(ops.take(lines, tap + first_line, axis=0), "float32") for tap in rows.lines]
    return ops.reshape(_mixed(gathered, rows.weights), (batch, output, width, channels))


def _mixed(gathered: list[Tensor], weights: tuple[Tensor, ...]) -> Tensor:
    """Return the weighted sum of lines `[batch, output, values]`; two are mixed as in the original."""
    if len(gathered) == 1:
        return gathered[0]
    if len(gathered) == 2:
        lower, upper = gathered
        return lower + (upper - lower) * weights[1][:, :, None]
    return sum(line * weight[:, :, None] for line, weight in zip(gathered, weights, strict=True))


def _swap_axes(images: Tensor) -> Tensor:
    return ops.transpose(images, (0, 2, 1, 3))
