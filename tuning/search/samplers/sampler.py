"""The seam between the search and its samplers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from sweepbox.tuning.search.space import Space

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@dataclass(frozen=True)
class SamplerContext:
    """What a sampler is built for: one suggestion of one sweep.

    `sweep_seed` is the same for all suggestions of a sweep, `seed` is this draw's own. `redraw` counts the
    earlier draws for the same trial, which did not meet the requirements of the space.
    """

    space: Space
    sweep_seed: int
    seed: int
    redraw: int = 0


class Sampler(Protocol):
    """A way to choose parameters: a pydantic model of its options that builds a sampler of Optuna.

    A sampler is built anew for each suggestion, so that a suggestion depends on the context and on the trials
    before it alone. What Optuna's sampler keeps between suggestions it keeps in Optuna's system attributes,
    which are part of the trials' records; it is not told when a trial ends (`after_trial`). Attributes are
    read from the sweep's folder, so they must be plain JSON: nothing that is unpickled or run.
    """

    uses_results: ClassVar[bool]
    """Whether suggestions depend on the results of earlier trials."""

    several_objectives: ClassVar[bool]
    """Whether it can search for several objectives at once."""

    models: ClassVar[str]
    """What it models of a space, in words that follow "models"."""

    def build(self, context: SamplerContext) -> "BaseSampler":
        """Return Optuna's sampler for one suggestion; Optuna is imported here."""

    def modelled(self, space: Space) -> frozenset[str]:
        """Return the names of the parameters that it models; it draws the others at random."""

    def problems(self, space: Space) -> tuple[str, ...]:
        """Return why it cannot search a space, one line each, with the key in the sweep file and the remedy."""

    @classmethod
    def model_validate(cls, obj: Any, /) -> Self:
        """Return the sampler with the options in a mapping; pydantic's ValidationError where they are wrong."""

    def model_dump(self) -> dict[str, Any]:
        """Return all options by name, those that were not given too."""


def all_names(space: Space) -> frozenset[str]:
    """Return the names of all parameters of a space."""
    return frozenset(parameter.name for parameter in space.parameters())


def always_present(space: Space) -> frozenset[str]:
    """Return the names of the parameters that every trial has."""
    return frozenset(parameter.name for parameter in space.parameters() if parameter.always)


def always_present_ranges(space: Space) -> frozenset[str]:
    """Return the names of the ranges of real and whole numbers that every trial has."""
    found = (parameter for parameter in space.parameters() if parameter.always)
    return frozenset(parameter.name for parameter in found if parameter.distribution.choice is None)
