"""The tree-structured Parzen estimator."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sweepbox.tuning.search.samplers.sampler import SamplerContext
from sweepbox.tuning.spec.schema import SpecModel

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


class TPE(SpecModel):
    """Models parameters jointly, conditional ones by group, and spreads the suggestions of parallel trials.

    The first `startup_trials` are drawn at random.
    """

    uses_results: ClassVar[bool] = True

    startup_trials: int = Field(default=8, ge=1)

    def build(self, context: SamplerContext) -> "BaseSampler":
        """Return Optuna's TPE sampler."""
        from optuna.samplers import TPESampler

        return TPESampler(
            n_startup_trials=self.startup_trials,
            seed=context.seed,
            multivariate=True,
            group=True,
            constant_liar=True,
        )
