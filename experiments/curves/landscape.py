"""Curves of any parameters of the recorded space, and the best score that there is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.curves.recorded import CURVES, RecordedCurves, read_curves
from experiments.curves.surrogate import Surrogate, features_of
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.file import load_spec

SWEEP_FILE = Path(__file__).parent / "face_mask_256.yaml"
DRAWS, ROUNDS, KEPT = 20_000, 12, 50
"""The search for the best score: random points, refinements, and the points around which each refines."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Landscape:
    """A surrogate of recorded curves over a space.

    Attributes:
        space: The parameters.
        surrogate: Predicts the curves.
        evaluations: The evaluations of a curve.
        best: The best score of all parameters.
    """

    space: Space
    surrogate: Surrogate
    evaluations: int
    best: float

    @classmethod
    def of_recorded(cls, folder: Path = CURVES) -> "Landscape":
        """Return the landscape of the curves in a folder; FileNotFoundError where there are none."""
        recorded = read_curves(folder)
        if not len(recorded):
            raise FileNotFoundError(
                f"{folder}: no recorded curves; record some, see experiments/curves/record.py"
            )
        return cls.of(Space.of(load_spec(SWEEP_FILE)), recorded)

    @classmethod
    def of(cls, space: Space, recorded: RecordedCurves) -> "Landscape":
        """Fit a surrogate to recorded curves, and find its best score."""
        features = np.stack([features_of(space, parameters) for parameters in recorded.parameters])
        surrogate = Surrogate.fit(features, recorded.scores)
        return cls(space, surrogate, recorded.scores.shape[1], _best(space, surrogate))

    def curve(self, parameters: Mapping[str, Any]) -> tuple[float, ...]:
        """Return the scores of all evaluations."""
        predicted = self.surrogate.predict(features_of(self.space, parameters)[None])[0]
        return tuple(float(score) for score in predicted)


def _best(space: Space, surrogate: Surrogate) -> float:
    """Return the highest score of the surrogate, searched among random points and near the best of them."""
    rng = np.random.default_rng(0)
    is_choice = np.array([item.distribution.choice is not None for item in space.parameters()])
    points = rng.random((DRAWS, len(is_choice)))
    points[:, is_choice] = np.round(points[:, is_choice])
    points = _possible(space, points)
    scores = surrogate.predict(points).max(axis=1)
    for number in range(ROUNDS):
        best = np.argsort(-scores)[:KEPT]
        near = np.repeat(points[best], 40, axis=0)
        moved = np.clip(near + rng.normal(0, 0.15 * 0.7**number, near.shape), 0, 1)
        moved[:, is_choice] = near[:, is_choice]
        moved = _possible(space, moved)
        points = np.concatenate([points[best], moved])
        scores = np.concatenate([scores[best], surrogate.predict(moved).max(axis=1)])
    return float(scores.max())


def _possible(space: Space, points: Array) -> Array:
    """Return points with the features of `features_of` where an augmentation is off."""
    names = [item.name for item in space.parameters()]
    points = points.copy()
    for column, name in enumerate(names):
        switch = name.partition(".")[0]
        if switch != name and switch in names:
            is_on = points[:, names.index(switch)] == space.augmentations[switch].enabled.index(True)
            points[:, column] = np.where(is_on, points[:, column], 0.5)
    return points
