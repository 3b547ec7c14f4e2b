"""Random geometric options against draws of the Object Detection API: equal in distribution.

Of each draw ten numbers are compared, each by a two-sample Kolmogorov-Smirnov test of 2000 of theirs with 6000
of ours (fixed seeds) at level 1e-6: samples whose distribution functions lie more than 0.0695 apart fail. By
the statistic's limit distribution a true distance of 0.112 anywhere is found with a probability of 99 %: a
probability that is 0.61 instead of 0.5, a uniform range that is longer by an eighth. The numbers are height and
width of the frame, top and left of the picture in it, row and column of its first and last pixel in view, how
many boxes stay, and the mean of their coordinates.
"""

from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from keras import ops
from numpy.typing import NDArray

from detection.config import pipeline_pb2 as pb
from detection.data.augment.filters import bilinear
from detection.data.augment.options import read_options
from detection.data.augment.steps import Step
from detection.data.augment.trace import Trace, trace
from detection.data.augment.view import View, whole_images

GOLDEN = np.load(Path(__file__).parents[2] / "golden" / "geometry_draws.npz")
DRAWS = 6000
CRITICAL = 2.69
"""Of the statistic times the square root of the samples' harmonic size, at level 1e-6."""
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
OPTIONS = sorted(key.removesuffix("/places") for key in GOLDEN if key.endswith("/places"))
MODES = sorted(key.split("/")[1] for key in GOLDEN if key.startswith("jitter/") and key.endswith("/config"))


def looked(text: str, boxes: NDArray[np.float32], seed: int) -> View:
    """Return the views of DRAWS copies of the golden's picture through one option."""
    option = read_options([text_format.Parse(text, pb.PreprocessingStep())])[0]
    step = Step(option, index=0, first_column=0)
    noise = np.random.default_rng(seed).random((DRAWS, step.columns), np.float32)
    sizes = ops.convert_to_tensor(np.tile(GOLDEN["size"].astype(np.int32), (DRAWS, 1)))
    tiled = ops.convert_to_tensor(np.tile(boxes[None], (DRAWS, 1, 1)))
    return step.look(whole_images(sizes, tiled), ops.convert_to_tensor(noise))


def along(path: Trace, *, rows: bool) -> tuple[NDArray[np.float32], ...]:
    """Return for one axis: the picture's first line in its frame, and which of its lines are first and last."""
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


def places(view: View) -> NDArray[np.float32]:
    """Return what the golden has of each draw, `[DRAWS, 10]`."""
    height, width = ops.convert_to_numpy(view.height), ops.convert_to_numpy(view.width)
    frame = int(height.max()), int(width.max())
    path = trace(view, ops.stack([view.height, view.width], axis=-1), frame, method=bilinear, frame=None)
    top, first_row, last_row = along(path, rows=True)
    left, first_column, last_column = along(path, rows=False)
    turned = ops.convert_to_numpy(view.transposed)
    corners = [
        np.clip(np.where(turned, across, own), 0, side - 1)
        for own, across, side in (
            (first_row, first_column, GOLDEN["size"][0]),
            (first_column, first_row, GOLDEN["size"][1]),
            (last_row, last_column, GOLDEN["size"][0]),
            (last_column, last_row, GOLDEN["size"][1]),
        )
    ]
    present = ops.convert_to_numpy(view.present)
    count = present.sum(axis=1)
    total = (ops.convert_to_numpy(view.boxes_yxyx) * present[..., None]).sum(axis=(1, 2))
    mean = np.where(count > 0, total / (4 * np.maximum(count, 1)), -1.0)
    return np.stack([height, width, top, left, *corners, count, mean], axis=1).astype(np.float32)


def distance(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Return the largest distance of two samples' distribution functions; rounding is no difference."""
    first, second = (np.sort(np.round(sample, 4)) for sample in (first, second))
    points = np.union1d(first, second)
    shares = [np.searchsorted(sample, points, "right") / len(sample) for sample in (first, second)]
    return float(np.abs(shares[0] - shares[1]).max())


def critical(theirs: int) -> float:
    return float(CRITICAL * np.sqrt(1 / theirs + 1 / DRAWS))


def test_the_stated_critical_distance() -> None:
    assert critical(2000) == pytest.approx(0.0695, abs=1e-4)


@pytest.mark.parametrize("name", OPTIONS)
def test_draws_are_distributed_as_those_of_the_object_detection_api(name: str) -> None:
    theirs = GOLDEN[f"{name}/places"]
    ours = places(looked(str(GOLDEN[f"{name}/config"]), GOLDEN["boxes"], seed=OPTIONS.index(name)))
    distances = {number: distance(ours[:, k], theirs[:, k]) for k, number in enumerate(NUMBERS)}
    too_far = {number: far for number, far in distances.items() if far > critical(len(theirs))}
    assert not too_far, distances


@pytest.mark.parametrize("mode", MODES)
def test_boxes_jitter_as_those_of_the_object_detection_api(mode: str) -> None:
    theirs = GOLDEN[f"jitter/{mode}/boxes"]
    view = looked(str(GOLDEN[f"jitter/{mode}/config"]), GOLDEN["jitter/box"][None], seed=99)
    ours = ops.convert_to_numpy(view.boxes_yxyx)[:, 0]
    pairs = [(ours[:, side], theirs[:, side]) for side in range(4)]
    pairs += [(ours @ mix, theirs @ mix) for mix in np.array([[-1, 0, 1, 0], [0, -1, 0, 1], [-1, -1, 1, 1]])]
    for first, second in pairs:
        assert distance(first, second) < critical(len(theirs))
