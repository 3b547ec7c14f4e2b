"""The tree-structured Parzen estimator."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sweepbox.tuning.search.samplers.sampler import SamplerContext, all_names
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import SpecModel

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


class TPE(SpecModel):
    """Models parameters jointly, conditional ones by group, and spreads the suggestions of parallel trials.

    The first `startup_trials` are drawn at random. Of over 1,000 ended trials the good and the latest count.
    """

    uses_results: ClassVar[bool] = True
    several_objectives: ClassVar[bool] = True
    models: ClassVar[str] = "all parameters"

    startup_trials: int = Field(default=8, ge=1)

    def build(self, context: SamplerContext) -> "BaseSampler":
        """Return Optuna's TPE sampler."""
        from sweepbox.tuning.search.samplers.optuna_tpe import WindowedTPESampler

        return WindowedTPESampler(
            n_startup_trials=self.startup_trials,
            seed=context.seed,
            multivariate=True,
            group=True,
            constant_liar=True,
        )

    def modelled(self, space: Space) -> frozenset[str]:
        """Return all names."""
        return all_names(space)

    def problems(self, space: Space) -> tuple[str, ...]:  # noqa: ARG002 - the seam's signature
        """Return nothing: it searches every space."""
        return ()
