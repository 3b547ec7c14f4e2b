"""The seam between the search and its samplers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from sweepbox.tuning.search.space import Space

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@dataclass(frozen=True)
class SamplerContext:
    """What a sampler is built for: one suggestion of one sweep.

    `sweep_seed` is the same for all suggestions of a sweep, `seed` is this suggestion's own.
    """

    space: Space
    sweep_seed: int
    seed: int


class Sampler(Protocol):
    """A way to choose parameters: a pydantic model of its options that builds a sampler of Optuna.

    A sampler is built anew for each suggestion, so that a suggestion depends on the context and on the trials
    before it alone. What Optuna's sampler keeps between suggestions it keeps in Optuna's system attributes,
    which are part of the trials' records; it is not told when a trial ends (`after_trial`).
    """

    uses_results: ClassVar[bool]
    """Whether suggestions depend on the results of earlier trials."""

    def build(self, context: SamplerContext) -> "BaseSampler":
        """Return Optuna's sampler for one suggestion; Optuna is imported here."""

    @classmethod
    def model_validate(cls, obj: Any, /) -> Self:
        """Return the sampler with the options in a mapping; pydantic's ValidationError where they are wrong."""

    def model_dump(self) -> dict[str, Any]:
        """Return all options by name, those that were not given too."""
