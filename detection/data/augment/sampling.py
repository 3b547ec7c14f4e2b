"""Resizing by bilinear interpolation with the Object Detection API's sampling grid.

Output pixel i lies at i * (input size / output size) of its window: pixels are aligned at the top left only
(`half_pixel_centers=False`, `align_corners=False`) and there is no antialiasing. A window, a mirroring and a
scale are all a choice of source rows and columns, so one pass does them together: `Ry · image · Rxᵀ`, where
every row of `Ry` and `Rx` has two entries. They are gathered and not multiplied: that is faster on a CPU (2.5
times, see experiments/benchmarks/input_pipeline.py), and exact where a GPU multiplies matrices in TF32.
"""

from dataclasses import dataclass
from typing import Any

from keras import ops

Tensor = Any


@dataclass(frozen=True)
class AxisSamples:
    """Where along one axis each output line comes from.

    `lower`, `upper` int32 `[batch, output]`: the two source lines; `fraction` float32 `[batch, output]`: the
    share of `upper`.
    """

    lower: Tensor
    upper: Tensor
    fraction: Tensor


def axis_samples(
    start: Tensor, length: Tensor, mirrored: Tensor, *, resized: Tensor, output: int
) -> AxisSamples:
    """Return the samples that show the window `[start, start + length)` in `resized` of `output` lines.

    `start`, `length`, `resized` int32 `[batch]`, `mirrored` bool `[batch]`. Lines past `resized` repeat the
    window's last one. `resized` must not be a constant of the program: compilers turn a division by a constant
    into a multiplication by its reciprocal, which moves the samples by a rounding error.
    """
    scale = ops.cast(length, "float32") / ops.cast(resized, "float32")
    last = length - 1
    position = ops.arange(output, dtype="float32")[None, :] * scale[:, None]
    position = ops.minimum(position, ops.cast(last, "float32")[:, None])
    floor = ops.floor(position)
    lower = ops.cast(floor, "int32")
    upper = ops.minimum(lower + 1, last[:, None])
    return AxisSamples(
        lower=_placed(lower, start, last, mirrored),
        upper=_placed(upper, start, last, mirrored),
        fraction=position - floor,
    )


def _placed(line: Tensor, start: Tensor, last: Tensor, mirrored: Tensor) -> Tensor:
    """Return lines `[batch, output]` of the window as lines of the source."""
    return start[:, None] + ops.where(mirrored[:, None], last[:, None] - line, line)


def resample(images: Tensor, rows: AxisSamples, columns: AxisSamples) -> Tensor:
    """Return float32 `[batch, output rows, output columns, 3]` of uint8 `[batch, height, width, 3]`.

    The columns are gathered as rows of the transposed images: whole lines are copied, which is far faster than
    picking single pixels.
    """
    resized = _resample_rows(images, rows)
    return _swap_axes(_resample_rows(_swap_axes(resized), columns))


def _resample_rows(images: Tensor, rows: AxisSamples) -> Tensor:
    """Return float32 `[batch, output, width, channels]`, interpolated between rows of the images."""
    batch, height, width, channels = ops.shape(images)
    output = ops.shape(rows.lower)[1]
    lines = ops.reshape(images, (batch * height, width * channels))
    first_line = (ops.arange(batch, dtype="int32") * height)[:, None]
    lower = ops.cast(ops.take(lines, rows.lower + first_line, axis=0), "float32")
    upper = ops.cast(ops.take(lines, rows.upper + first_line, axis=0), "float32")
    between = lower + (upper - lower) * rows.fraction[:, :, None]
    return ops.reshape(between, (batch, output, width, channels))


def _swap_axes(images: Tensor) -> Tensor:
    return ops.transpose(images, (0, 2, 1, 3))
