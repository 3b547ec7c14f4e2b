"""Compare the distributions of random geometric options with draws of the Object Detection API.

Ten numbers of each draw are compared, each by a two-sample Kolmogorov-Smirnov test of 2000 of their draws with
6000 of ours (fixed seeds) at level 1e-6: samples whose distribution functions differ by more than 0.0695 fail.
According to the statistic's limit distribution, a true distance of 0.112 is detected with a probability of 99
%: for example a probability of 0.61 instead of 0.5, or a uniform range that is longer by an eighth. The numbers
are height and width of the frame, top and left of the image in it, row and column of its first and last visible
pixel, the number of remaining boxes, and the mean of their coordinates.
"""

from pathlib import Path

import numpy as np
import pytest
from keras import ops

from experiments.parity.geometry_draws import (
    NUMBERS,
    critical,
    distance,
    jitter_distance,
    placements,
    sampled_views,
)

GOLDEN = np.load(Path(__file__).parents[2] / "golden" / "geometry_draws.npz")
OPTIONS = sorted(key.removesuffix("/places") for key in GOLDEN if key.endswith("/places"))
MODES = sorted(key.split("/")[1] for key in GOLDEN if key.startswith("jitter/") and key.endswith("/config"))


def test_critical_distance_in_the_docstring() -> None:
    assert critical(2000) == pytest.approx(0.0695, abs=1e-4)


@pytest.mark.parametrize("name", OPTIONS)
def test_draws_have_the_distribution_of_the_od_api(name: str) -> None:
    theirs, size = GOLDEN[f"{name}/places"], GOLDEN["size"]
    view = sampled_views(str(GOLDEN[f"{name}/config"]), size, GOLDEN["boxes"], seed=OPTIONS.index(name))
    ours = placements(view, size)
    distances = {number: distance(ours[:, k], theirs[:, k]) for k, number in enumerate(NUMBERS)}
    too_far = {number: far for number, far in distances.items() if far > critical(len(theirs))}
    assert not too_far, distances


@pytest.mark.parametrize("mode", MODES)
def test_jittered_boxes_have_the_distribution_of_the_od_api(mode: str) -> None:
    theirs = GOLDEN[f"jitter/{mode}/boxes"]
    config = str(GOLDEN[f"jitter/{mode}/config"])
    view = sampled_views(config, GOLDEN["size"], GOLDEN["jitter/box"][None], seed=99)
    ours = ops.convert_to_numpy(view.boxes_yxyx)[:, 0]
    assert jitter_distance(ours, theirs) < critical(len(theirs))
