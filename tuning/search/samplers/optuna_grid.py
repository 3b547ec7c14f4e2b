"""A sampler of Optuna that takes the points of a grid one after the other."""

import random
from collections.abc import Sequence
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from sweepbox.tuning.search.optuna_distributions import distributions_of
from sweepbox.tuning.search.samplers.grid import Point
from sweepbox.tuning.search.samplers.sampler import SamplerContext, all_names


class UntriedPointSampler(BaseSampler):
    """Suggests a point that no trial has, the next one at a redraw; any point after all were tried.

    Which points were tried is read from the parameters of the trials, so nothing is kept.
    """

    def __init__(self, context: SamplerContext, points: Sequence[Point]) -> None:
        self._context = context
        self._points = points

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:  # noqa: ARG002 - Optuna's signature
        """Return all parameters."""
        return distributions_of(self._context.space, all_names(self._context.space))

    def sample_relative(
        self,
        study: Study,
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],  # noqa: ARG002 - Optuna's signature
    ) -> dict[str, Any]:
        """Return the next point; without conditional parameters that are absent there."""
        order = random.Random(self._context.sweep_seed).sample(self._points, len(self._points))  # noqa: S311 - no secret
        tried = {
            _key(other.params) for other in study.get_trials(deepcopy=False) if other.number != trial.number
        }
        untried = [point for point in order if _key(point) not in tried] or order
        return dict(untried[self._context.redraw % len(untried)])

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return a random value; for parameters with one value only."""
        drawn = RandomSampler(seed=self._context.seed)
        return drawn.sample_independent(study, trial, param_name, param_distribution)


def _key(parameters: Point) -> tuple[tuple[str, str], ...]:
    """Return a point as a key; `1` and `True` differ."""
    return tuple(sorted((name, repr(value)) for name, value in parameters.items()))
