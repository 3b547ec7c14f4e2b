"""Families of learning curves with a known best score, for the search benchmark.

Two are synthetic; their best score is 1, and the optimum is elsewhere for every seed. The third is a surrogate
of recorded curves of a real detector. No curve has noise, so that the best score is known exactly.
"""

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from experiments.curves.landscape import Landscape
from experiments.curves.recorded import CURVES
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import Augmentation, Distribution

EVALUATIONS = 9
HUE = "random_adjust_hue"
SPACE = Space(
    {
        "learning_rate": Distribution(log_uniform=[1e-4, 1e-1]),
        "focal_gamma": Distribution(uniform=[0.5, 3.0]),
        "warmup_steps": Distribution(integer=[0, 1000], step=100),
        "optimizer": Distribution(choice=["momentum", "adam"]),
    },
    {HUE: Augmentation.model_validate({"max_delta": {"uniform": [0.0, 0.2]}})},
)
SHARPNESS = {"learning_rate": 0.2, "focal_gamma": 0.1, "warmup_steps": 0.05, "max_delta": 0.05}
"""How fast the final score falls with the distance from the optimum, in shares of a range."""

WRONG_OPTIMIZER, NO_HUE = 0.9, 0.95
"""What the final score is multiplied by."""

Parameters = Mapping[str, Any]
Scores = tuple[float, ...]


@dataclass(frozen=True)
class Optimum:
    """Where the best score is: shares of the ranges from 0 to 1, and the optimizer."""

    learning_rate: float
    focal_gamma: float
    warmup_steps: float
    max_delta: float
    optimizer: str

    @classmethod
    def of(cls, seed: int) -> "Optimum":
        """Return the optimum of a seed: learning rates in the lower half, focal gammas in the upper."""
        draw = random.Random(seed).uniform  # noqa: S311 - no secret
        return cls(
            draw(0.2, 0.5), draw(0.5, 0.8), draw(0.2, 0.8), draw(0.2, 0.8), ("momentum", "adam")[seed % 2]
        )


def shares(parameters: Parameters) -> dict[str, float]:
    """Return where the parameters lie in their ranges, from 0 to 1."""
    found = {
        "learning_rate": math.log10(parameters["learning_rate"] / 1e-4) / 3,
        "focal_gamma": (parameters["focal_gamma"] - 0.5) / 2.5,
        "warmup_steps": parameters["warmup_steps"] / 1000,
    }
    if parameters[HUE]:
        found["max_delta"] = parameters[f"{HUE}.max_delta"] / 0.2
    return found


def final_score(parameters: Parameters, optimum: Optimum) -> float:
    """Return the score at the end, 1 at the optimum."""
    distance = sum(
        SHARPNESS[name] * (share - getattr(optimum, name)) ** 2 for name, share in shares(parameters).items()
    )
    wrong = WRONG_OPTIMIZER if parameters["optimizer"] != optimum.optimizer else 1.0
    return math.exp(-distance) * wrong * (1.0 if parameters[HUE] else NO_HUE)


def crossing_curves(parameters: Parameters, optimum: Optimum) -> Scores:
    """Return curves of which those with a high learning rate lead early and lose later."""
    final = final_score(parameters, optimum)
    rate = 5 + shares(parameters)["learning_rate"]
    return tuple(final * _risen(evaluation / EVALUATIONS, rate) for evaluation in _numbers())


def late_rare_class(parameters: Parameters, optimum: Optimum) -> Scores:
    """Return the mean of two common classes and a rare one that appears after half of the training.

    A high focal gamma brings the rare class forward, and slows the common ones.
    """
    final, gamma = final_score(parameters, optimum), shares(parameters)["focal_gamma"]
    onset = 0.75 - 0.25 * gamma
    return tuple(
        final * (2 * _risen(done, 5 - gamma) + _risen(max(0.0, done - onset) / (1 - onset), 3)) / 3
        for done in (evaluation / EVALUATIONS for evaluation in _numbers())
    )


@dataclass(frozen=True)
class Family:
    """Curves for the parameters of a space.

    Attributes:
        space: The parameters.
        evaluations: The evaluations of each curve.
        best: The best score of all.
        scores: Returns the curve of parameters for a seed.
    """

    space: Space
    evaluations: int
    best: float
    scores: Callable[[Parameters, int], Scores]


def _synthetic(curve: Callable[[Parameters, Optimum], Scores]) -> Family:
    return Family(SPACE, EVALUATIONS, 1.0, lambda parameters, seed: curve(parameters, Optimum.of(seed)))


def _recorded() -> Family:
    found = Landscape.of_recorded()
    return Family(found.space, found.evaluations, found.best, lambda parameters, _: found.curve(parameters))


FAMILIES: dict[str, Callable[[], Family]] = {
    "crossing curves": lambda: _synthetic(crossing_curves),
    "late rare class": lambda: _synthetic(late_rare_class),
}
if any(CURVES.glob("*.parquet")):
    FAMILIES["face masks, recorded"] = _recorded


@cache
def family_of(name: str) -> Family:
    """Return a family by its name, made once in a process."""
    return FAMILIES[name]()


def _numbers() -> range:
    return range(1, EVALUATIONS + 1)


def _risen(done: float, rate: float) -> float:
    """Return how much of the final score is reached, 0 at the beginning and 1 at the end."""
    return (1 - math.exp(-rate * done)) / (1 - math.exp(-rate))
