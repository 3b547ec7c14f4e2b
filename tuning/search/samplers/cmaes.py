"""The evolution strategy CMA-ES."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sweepbox.tuning.search.samplers.sampler import SamplerContext, always_present_ranges
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import SpecModel

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


class CMAES(SpecModel):
    """Adapts a normal distribution to the best trials of each generation.

    Generations have `population_size` trials, by default `4 + 3 ln(ranges)`. The distribution begins at the
    centre of the ranges with a sixth of their width.
    """

    uses_results: ClassVar[bool] = True
    several_objectives: ClassVar[bool] = False
    models: ClassVar[str] = "real and whole-number ranges that are always present"

    population_size: int | None = Field(default=None, ge=4)

    def build(self, context: SamplerContext) -> "BaseSampler":
        """Return a sampler that replays the results of the trials and keeps nothing of its own."""
        from sweepbox.tuning.search.samplers.optuna_cmaes import ReplayedCmaEsSampler

        return ReplayedCmaEsSampler(context, self.modelled(context.space), self.population_size)

    def modelled(self, space: Space) -> frozenset[str]:
        """Return the names of the ranges that every trial has."""
        return always_present_ranges(space)

    def problems(self, space: Space) -> tuple[str, ...]:
        """Return a line where the space has no such range."""
        if self.modelled(space):
            return ()
        return (f"sampler.type: cmaes models {self.models}, and the space has none; use tpe",)
