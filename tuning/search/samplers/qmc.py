"""Quasi-Monte Carlo: a scrambled Sobol sequence."""

from typing import TYPE_CHECKING, ClassVar

from sweepbox.tuning.search.samplers.sampler import SamplerContext, always_present
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import SpecModel

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


class QMC(SpecModel):
    """Covers the space more evenly than random search, with one sequence of points for the whole sweep."""

    uses_results: ClassVar[bool] = False
    several_objectives: ClassVar[bool] = True
    models: ClassVar[str] = "parameters that are always present"

    def build(self, context: SamplerContext) -> "BaseSampler":
        """Return Optuna's QMC sampler, which counts its points in the attributes of the study."""
        from sweepbox.tuning.search.samplers.optuna_qmc import FixedSpaceQMCSampler

        return FixedSpaceQMCSampler(context, self.modelled(context.space))

    def modelled(self, space: Space) -> frozenset[str]:
        """Return the names of the parameters that every trial has."""
        return always_present(space)

    def problems(self, space: Space) -> tuple[str, ...]:  # noqa: ARG002 - the seam's signature
        """Return nothing: it searches every space."""
        return ()
