"""The choice of a sampler for `sampler: {type: auto}`.

The first rule that applies decides:

| sampler | when |
| --- | --- |
| grid | the space is discrete, and the trials suffice for all its points |
| nsga2 | several objectives and at least 100 trials |
| qmc | one objective and so few trials that nearly all start before `tpe` has results to learn from |
| cmaes | one objective, two or more ranges and nothing else, at least 100 trials and 10 for each range, and no more workers than a generation has trials |
| tpe | otherwise |

A sampler that models under half of the parameters is passed over. `gp` is never chosen, so that the choice does
not depend on what is installed.
"""  # noqa: E501 - a table

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sweepbox.tuning.search.samplers.grid import number_of_points
from sweepbox.tuning.search.samplers.modelled import models_half
from sweepbox.tuning.search.samplers.sampler import always_present_ranges
from sweepbox.tuning.search.samplers.tpe import TPE
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import SamplerSpec

MANY_TRIALS = 100
"""From how many trials the evolutionary samplers have enough generations."""

TRIALS_PER_RANGE = 10


@dataclass(frozen=True)
class Budget:
    """What a sweep may use: its trials, how many of them run at a time, and the number of its objectives."""

    trials: int
    workers: int
    objectives: int = 1


@dataclass(frozen=True)
class Choice:
    """A chosen sampler, and the reason in one line."""

    sampler: SamplerSpec
    reason: str


def choose_sampler(space: Space, budget: Budget) -> Choice:
    """Return the sampler for a space and a budget, by the table of this module."""
    for name, reason_for in _RULES:
        reason = reason_for(space, budget)
        if reason is not None and models_half(SamplerSpec(type=name), space):
            return Choice(SamplerSpec(type=name), f"sampler: auto chose {name}: {reason}")
    return Choice(SamplerSpec(type="tpe"), "sampler: auto chose tpe: it models all parameters of any space")


def _grid(space: Space, budget: Budget) -> str | None:
    points = number_of_points(space)
    if points is None or points > budget.trials:
        return None
    return f"{budget.trials} trials suffice for all {points} points of the space"


def _nsga2(space: Space, budget: Budget) -> str | None:  # noqa: ARG001 - a rule's signature
    if budget.objectives < 2 or budget.trials < MANY_TRIALS:
        return None
    return f"{budget.objectives} objectives and at least {MANY_TRIALS} trials"


def _qmc(space: Space, budget: Budget) -> str | None:  # noqa: ARG001 - a rule's signature
    startup = TPE().startup_trials
    if budget.objectives > 1 or budget.trials > startup + budget.workers:
        return None
    return f"{budget.trials} trials on {budget.workers} workers leave little to learn from"


def _cmaes(space: Space, budget: Budget) -> str | None:
    ranges = len(always_present_ranges(space))
    enough = budget.trials >= max(MANY_TRIALS, TRIALS_PER_RANGE * ranges)
    if budget.objectives > 1 or ranges < 2 or ranges < len(space.parameters()) or not enough:
        return None
    if budget.workers > 4 + math.floor(3 * math.log(ranges)):
        return None
    return f"{ranges} ranges, no choices, and {budget.trials} trials"


_RULES: Sequence[tuple[str, Callable[[Space, Budget], str | None]]] = (
    ("grid", _grid),
    ("nsga2", _nsga2),
    ("qmc", _qmc),
    ("cmaes", _cmaes),
)
