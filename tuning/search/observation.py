"""The observation of a trial: the input of samplers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sweepbox.tuning.spec.schema import Scalar

Attributes = Mapping[str, Mapping[str, Any]]
"""Values that a sampler stores with a suggestion, as JSON by name, for the `trial` and for the `study`."""


class ObservedState(StrEnum):
    """Whether a trial has ended, and how."""

    RUNNING = "running"
    FINISHED = "finished"
    STOPPED_EARLY = "stopped_early"
    FAILED = "failed"

    @property
    def has_ended(self) -> bool:
        """Whether the trial is over."""
        return self is not ObservedState.RUNNING


@dataclass(frozen=True)
class Observation:
    """One trial: its suggested parameters and its results so far.

    Attributes:
        number: The trial's number, from 0, in the order of the suggestions.
        parameters: The suggested values by name.
        state: Whether it has ended, and how; a pending trial counts as running.
        scores: The scores of its best evaluation, one for each objective, if it finished; with several
            objectives those of the last one if it was stopped early.
        intermediate: The score of each evaluation by its number, from 1.
        constraints: By how much each constraint is violated, if it has ended; 0 or less where it is satisfied.
        attributes: Values that the sampler stored with the suggestion.
    """

    number: int
    parameters: Mapping[str, Scalar]
    state: ObservedState
    scores: tuple[float, ...] = ()
    intermediate: Mapping[int, float] = field(default_factory=dict)
    constraints: Mapping[str, float] = field(default_factory=dict)
    attributes: Attributes = field(default_factory=dict)
