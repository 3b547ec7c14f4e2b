"""Random search."""

from typing import TYPE_CHECKING, ClassVar

from sweepbox.tuning.search.samplers.sampler import SamplerContext
from sweepbox.tuning.spec.schema import SpecModel

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


class Random(SpecModel):
    """Draws each parameter on its own, from its whole range."""

    uses_results: ClassVar[bool] = False

    def build(self, context: SamplerContext) -> "BaseSampler":
        """Return Optuna's random sampler."""
        from optuna.samplers import RandomSampler

        return RandomSampler(seed=context.seed)
