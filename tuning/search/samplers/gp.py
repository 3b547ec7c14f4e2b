"""Bayesian optimisation with a Gaussian process."""

from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sweepbox.tuning.search.samplers.sampler import SamplerContext, always_present
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import SpecModel

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


class GP(SpecModel):
    """Fits a Gaussian process to the finished trials; needs the extra `gp`.

    All are drawn at random until `startup_trials` have finished.
    """

    uses_results: ClassVar[bool] = True
    several_objectives: ClassVar[bool] = True
    models: ClassVar[str] = "parameters that are always present"

    startup_trials: int = Field(default=8, ge=1)

    def build(self, context: SamplerContext) -> "BaseSampler":
        """Return Optuna's sampler, which keeps parameters of running trials as JSON in their attributes."""
        from optuna.samplers import RandomSampler

        from sweepbox.tuning.search.samplers.optuna_filtered import FilteredGPSampler

        return FilteredGPSampler(
            modelled=self.modelled(context.space),
            n_startup_trials=self.startup_trials,
            seed=context.seed,
            independent_sampler=RandomSampler(seed=context.seed),
            warn_independent_sampling=False,
        )

    def modelled(self, space: Space) -> frozenset[str]:
        """Return the names of the parameters that every trial has."""
        return always_present(space)

    def problems(self, space: Space) -> tuple[str, ...]:  # noqa: ARG002 - the seam's signature
        """Return a line where PyTorch is missing."""
        if find_spec("torch") is None:
            return ("sampler.type: gp needs PyTorch; install the extra with `pip install 'sweepbox[gp]'`",)
        return ()
