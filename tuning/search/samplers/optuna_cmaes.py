"""CMA-ES behind Optuna's interface, rebuilt for each suggestion from the results of the trials.

Optuna's own sampler pickles its state into the attributes of trials. Those are read from the sweep's folder,
which may come from others, and unpickling runs code.
"""

import math
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from cmaes import CMA
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from sweepbox.tuning.search.optuna_distributions import distributions_of
from sweepbox.tuning.search.samplers.sampler import SamplerContext

Vector = NDArray[np.float64]


class ReplayedCmaEsSampler(BaseSampler):
    """Draws the modelled ranges from CMA-ES, and the other parameters at random.

    The trials that finished or were stopped, in the order of their numbers, are the generations: each as many
    as the population has. None is lost when parallel trials end late, and those that it did not suggest count.
    """

    def __init__(
        self, context: SamplerContext, modelled: Collection[str], population_size: int | None = None
    ) -> None:
        self._context = context
        self._space = distributions_of(context.space, modelled)
        self._population_size = population_size
        self._random = RandomSampler(seed=context.seed)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:  # noqa: ARG002 - Optuna's signature
        """Return the modelled ranges."""
        return dict(self._space)

    def sample_relative(
        self,
        study: Study,
        trial: FrozenTrial,  # noqa: ARG002 - Optuna's signature
        search_space: dict[str, BaseDistribution],  # noqa: ARG002 - Optuna's signature
    ) -> dict[str, Any]:
        """Return a point of the distribution after all generations."""
        if not self._space:
            return {}
        optimizer = self._replayed(study)
        drawn = zip(self._space, optimizer.ask(), strict=True)
        return {name: _value(self._space[name], share) for name, share in drawn}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return a random value."""
        return self._random.sample_independent(study, trial, param_name, param_distribution)

    def _replayed(self, study: Study) -> CMA:
        """Return the optimizer after all complete generations."""
        size = len(self._space)
        optimizer = CMA(
            mean=np.full(size, 0.5),
            sigma=1 / 6,
            bounds=np.tile([0.0, 1.0], (size, 1)),
            n_max_resampling=10 * size,
            seed=self._context.seed,
            population_size=self._population_size,
        )
        ended = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
        valued = [trial for trial in ended if trial.value is not None]
        for first in range(0, len(valued) - optimizer.population_size + 1, optimizer.population_size):
            generation = _best_first(valued[first : first + optimizer.population_size], study.direction)
            optimizer.tell([(self._point(trial), float(rank)) for rank, trial in enumerate(generation)])
        return optimizer

    def _point(self, trial: FrozenTrial) -> Vector:
        return np.array([_share(known, trial.params[name]) for name, known in self._space.items()])


def _best_first(trials: Sequence[FrozenTrial], direction: StudyDirection) -> list[FrozenTrial]:
    """Return trials in order: the least violation of constraints, then finished ones, then late stops."""

    def rank(trial: FrozenTrial) -> tuple[float, bool, int, float]:
        violation = sum(max(0.0, by) for by in trial.constraints.values())
        sign = 1 if direction is StudyDirection.MINIMIZE else -1
        stopped = trial.state is TrialState.PRUNED
        last = max(trial.intermediate_values, default=0) if stopped else 0
        return violation, stopped, -last, sign * (trial.value or 0.0)

    return sorted(trials, key=rank)


def _ends(distribution: BaseDistribution) -> tuple[float, float]:
    """Return the ends of a range in CMA-ES: half a step beyond the ends of stepped ranges, or logarithms."""
    if not isinstance(distribution, IntDistribution | FloatDistribution):
        raise TypeError(f"{distribution} is no range")
    margin = (distribution.step or 0) / 2
    low, high = distribution.low - margin, distribution.high + margin
    return (math.log(low), math.log(high)) if distribution.log else (low, high)


def _share(distribution: BaseDistribution, value: float) -> float:
    """Return where a value lies in its range, from 0 to 1."""
    low, high = _ends(distribution)
    logarithmic = isinstance(distribution, IntDistribution | FloatDistribution) and distribution.log
    return ((math.log(value) if logarithmic else value) - low) / (high - low)


def _value(distribution: BaseDistribution, share: float) -> float | int:
    """Return the value at a place in a range, from 0 to 1."""
    low, high = _ends(distribution)
    value = low + float(share) * (high - low)
    if isinstance(distribution, IntDistribution | FloatDistribution):
        value = math.exp(value) if distribution.log else value
        if distribution.step:
            value = distribution.low + round((value - distribution.low) / distribution.step) * distribution.step
        value = min(max(value, distribution.low), distribution.high)
    return int(value) if isinstance(distribution, IntDistribution) else value
