"""Draw a geometric option many times and measure the distance between two samples of draws."""

from typing import Any

import numpy as np
from google.protobuf import text_format
from keras import ops
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.data.augment.filters import bilinear
from sweepbox.detection.data.augment.options import read_options
from sweepbox.detection.data.augment.steps import Step
from sweepbox.detection.data.augment.trace import Trace, trace
from sweepbox.detection.data.augment.view import View, whole_images

DRAWS = 6000
CRITICAL = 2.69
"""Critical value of the scaled Kolmogorov-Smirnov statistic at level 1e-6, see `critical`."""
NUMBERS = (
    "height",
    "width",
    "top",
    "left",
    "first row",
    "first column",
    "last row",
    "last column",
    "boxes",
    "mean coordinate",
)
"""The numbers that are compared for each draw."""


def sampled_views(text: str, size: NDArray[Any], boxes: NDArray[np.float32], seed: int) -> View:
    """Apply an option to DRAWS copies of an image of a size (height, width) and return their views."""
    option = read_options([text_format.Parse(text, pb.PreprocessingStep())])[0]
    step = Step(option, index=0, first_column=0)
    noise = np.random.default_rng(seed).random((DRAWS, step.columns), np.float32)
    sizes = ops.convert_to_tensor(np.tile(size.astype(np.int32), (DRAWS, 1)))
    tiled = ops.convert_to_tensor(np.tile(boxes[None], (DRAWS, 1, 1)))
    return step.look(whole_images(sizes, tiled), ops.convert_to_tensor(noise))


def axis_extent(path: Trace, *, rows: bool) -> tuple[NDArray[np.float32], ...]:
    """Return for one axis where the image starts in the frame, and its first and last visible line."""
    samples, shares = (path.rows, path.row_shares) if rows else (path.columns, path.column_shares)
    window = path.view.rows if rows else path.view.columns
    position = ops.convert_to_numpy(samples[0].position)
    lines = np.arange(position.shape[1])
    seen = lines < ops.convert_to_numpy(window.length)[:, None]
    for share in shares:
        seen &= ops.convert_to_numpy(share) > 0.5
    first = seen.argmax(axis=1)
    last = position.shape[1] - 1 - seen[:, ::-1].argmax(axis=1)
    draw = np.arange(len(position))
    return first.astype(np.float32), position[draw, first], position[draw, last]


def placements(view: View, size: NDArray[Any]) -> NDArray[np.float32]:
    """Return NUMBERS of each draw for an image of a size, `[DRAWS, 10]`, as the oracle computes them."""
    height, width = ops.convert_to_numpy(view.height), ops.convert_to_numpy(view.width)
    frame = int(height.max()), int(width.max())
    path = trace(view, ops.stack([view.height, view.width], axis=-1), frame, method=bilinear, frame=None)
    top, first_row, last_row = axis_extent(path, rows=True)
    left, first_column, last_column = axis_extent(path, rows=False)
    turned = ops.convert_to_numpy(view.transposed)
    corners = [
        np.clip(np.where(turned, across, own), 0, side - 1)
        for own, across, side in (
            (first_row, first_column, size[0]),
            (first_column, first_row, size[1]),
            (last_row, last_column, size[0]),
            (last_column, last_row, size[1]),
        )
    ]
    present = ops.convert_to_numpy(view.present)
    count = present.sum(axis=1)
    total = (ops.convert_to_numpy(view.boxes_yxyx) * present[..., None]).sum(axis=(1, 2))
    mean = np.where(count > 0, total / (4 * np.maximum(count, 1)), -1.0)
    return np.stack([height, width, top, left, *corners, count, mean], axis=1).astype(np.float32)


def distance(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Return the Kolmogorov-Smirnov distance of two samples, after rounding to four decimals."""
    first, second = (np.sort(np.round(sample, 4)) for sample in (first, second))
    points = np.union1d(first, second)
    cumulative = [np.searchsorted(sample, points, "right") / len(sample) for sample in (first, second)]
    return float(np.abs(cumulative[0] - cumulative[1]).max())


def critical(theirs: int) -> float:
    """Return the largest distance that passes, for a sample of `theirs` draws and one of DRAWS."""
    return float(CRITICAL * np.sqrt(1 / theirs + 1 / DRAWS))


def jitter_distance(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Return the largest distance over sides, height, width and their sum of boxes `[draws, 4]`."""
    mixes = np.concatenate([np.eye(4), [[-1, 0, 1, 0], [0, -1, 0, 1], [-1, -1, 1, 1]]]).astype(np.float32)
    return max(distance(first @ mix, second @ mix) for mix in mixes)
