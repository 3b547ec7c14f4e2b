"""Optuna's QMC sampler over parameters that are known before the first trial."""

from collections.abc import Collection

from optuna.distributions import BaseDistribution
from optuna.samplers import QMCSampler, RandomSampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from sweepbox.tuning.search.optuna_distributions import distributions_of
from sweepbox.tuning.search.samplers.sampler import SamplerContext


class FixedSpaceQMCSampler(QMCSampler):
    """Draws the same parameters from the first trial on.

    Optuna's own sampler takes the parameters of the first ended trial, conditional ones too, and begins a new
    sequence where these differ from the parameters of the trials that ran before it ended.
    """

    def __init__(self, context: SamplerContext, modelled: Collection[str]) -> None:
        super().__init__(
            scramble=True,
            seed=context.sweep_seed,
            independent_sampler=RandomSampler(seed=context.seed),
            warn_independent_sampling=False,
        )
        self._fixed_space = distributions_of(context.space, modelled)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:  # noqa: ARG002 - Optuna's signature
        """Return the modelled parameters."""
        return dict(self._fixed_space)
