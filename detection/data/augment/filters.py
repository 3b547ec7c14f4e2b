"""The resize methods: the lines and weights for a position between lines, as in TensorFlow 1's kernels.

All take positions float32 `[batch, output]`, the distance between them in lines float32 `[batch]` and the last
line int32 `[batch]`. Positions before the first or after the last line use that line. Weights sum to 1.
"""

import math
from typing import Any

from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.data.augment.sampling import Filter, Taps

Tensor = Any

CUBIC_COEFFICIENT = -0.75
CUBIC_TABLE_SIZE = 1024
"""The kernel reads its weights from a table of as many steps between two lines."""


def bilinear(position: Tensor, step: Tensor, last: Tensor) -> Taps:  # noqa: ARG001 - as every filter
    """Return the two lines around each position."""
    position = ops.maximum(ops.minimum(position, ops.cast(last, "float32")[:, None]), 0.0)
    floor = ops.floor(position)
    lower = ops.cast(floor, "int32")
    upper = ops.minimum(lower + 1, last[:, None])
    fraction = position - floor
    return Taps((lower, upper), (1.0 - fraction, fraction))


def nearest(position: Tensor, step: Tensor, last: Tensor) -> Taps:  # noqa: ARG001 - as every filter
    """Return the line at or before each position."""
    return Taps((_limited(ops.floor(position), last),), (ops.ones_like(position),))


def bicubic(position: Tensor, step: Tensor, last: Tensor) -> Taps:  # noqa: ARG001 - as every filter
    """Return the four lines around each position, with Keys' kernel (1981) at A = -0.75."""
    floor = ops.floor(position)
    near = ops.round((position - floor) * CUBIC_TABLE_SIZE) * (1.0 / CUBIC_TABLE_SIZE)
    far = 1.0 - near
    weights = (_cubic_far(near + 1.0), _cubic_near(near), _cubic_near(far), _cubic_far(far + 1.0))
    return Taps(tuple(_limited(floor + tap, last) for tap in (-1.0, 0.0, 1.0, 2.0)), weights)


def _limited(line: Tensor, last: Tensor) -> Tensor:
    """Return line numbers as int32, limited to the first and the last line."""
    return ops.minimum(ops.maximum(ops.cast(line, "int32"), 0), last[:, None])


def _cubic_near(distance: Tensor) -> Tensor:
    """Return the kernel at distances from 0 to 1."""
    a = CUBIC_COEFFICIENT
    return ((a + 2.0) * distance - (a + 3.0)) * distance * distance + 1.0


def _cubic_far(distance: Tensor) -> Tensor:
    """Return the kernel at distances from 1 to 2."""
    a = CUBIC_COEFFICIENT
    return ((a * distance - 5.0 * a) * distance + 8.0 * a) * distance - 4.0 * a


def area(largest_step: float) -> Filter:
    """Return the filter that weights each line by its share in the span of an output line.

    It has as many taps as a span of `largest_step` lines can touch; wider spans are truncated.
    """
    taps = math.ceil(largest_step) + 1

    def method(position: Tensor, step: Tensor, last: Tensor) -> Taps:
        end = position + step[:, None]
        first = ops.floor(position)
        lines, shares = [], []
        for tap in range(taps):
            line = first + float(tap)
            shares.append(ops.relu(ops.minimum(end, line + 1.0) - ops.maximum(position, line)))
            lines.append(_limited(line, last))
        total = sum(shares)
        return Taps(tuple(lines), tuple(share / total for share in shares))

    return method


def filter_of(method: int, largest_step: float) -> Filter:
    """Return the filter of a `ResizeType`; `largest_step`: the most lines per output line, for AREA."""
    if method == pb.AREA:
        return area(largest_step)
    if method == pb.NEAREST_NEIGHBOR:
        return nearest
    return bicubic if method == pb.BICUBIC else bilinear
