"""The genetic algorithm NSGA-II."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sweepbox.tuning.search.samplers.sampler import SamplerContext, always_present
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import SpecModel

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


class NSGA2(SpecModel):
    """Crosses the best finished trials of the generations before; meant for several objectives.

    A generation is over when `population_size` of its trials have finished. The first is drawn at random.
    """

    uses_results: ClassVar[bool] = True
    several_objectives: ClassVar[bool] = True
    models: ClassVar[str] = "parameters that are always present"

    population_size: int = Field(default=8, ge=2)

    def build(self, context: SamplerContext) -> "BaseSampler":
        """Return Optuna's sampler, which keeps generations in attributes: numbers of generations and trials."""
        from sweepbox.tuning.search.samplers.optuna_filtered import FilteredNSGAIISampler

        return FilteredNSGAIISampler(
            modelled=self.modelled(context.space), population_size=self.population_size, seed=context.seed
        )

    def modelled(self, space: Space) -> frozenset[str]:
        """Return the names of the parameters that every trial has."""
        return always_present(space)

    def problems(self, space: Space) -> tuple[str, ...]:  # noqa: ARG002 - the seam's signature
        """Return nothing: it searches every space."""
        return ()
