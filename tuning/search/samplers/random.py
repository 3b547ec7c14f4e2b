"""Random search."""

from typing import TYPE_CHECKING, ClassVar

from sweepbox.tuning.search.samplers.sampler import SamplerContext
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import SpecModel

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


class Random(SpecModel):
    """Draws each parameter on its own, from its whole range."""

    uses_results: ClassVar[bool] = False
    several_objectives: ClassVar[bool] = True
    models: ClassVar[str] = "no parameter"

    def build(self, context: SamplerContext) -> "BaseSampler":
        """Return Optuna's random sampler."""
        from optuna.samplers import RandomSampler

        return RandomSampler(seed=context.seed)

    def modelled(self, space: Space) -> frozenset[str]:  # noqa: ARG002 - the seam's signature
        """Return no name."""
        return frozenset()

    def problems(self, space: Space) -> tuple[str, ...]:  # noqa: ARG002 - the seam's signature
        """Return nothing: it searches every space."""
        return ()
