"""The interface of stopping rules: events in, actions out, and a state that is never modified."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar


class Action(StrEnum):
    """What happens to a trial.

    CONTINUE: the reporting trial trains on. PAUSE: the reporting trial frees its worker and waits. STOP: the
    reporting trial, or a paused one, is over. PROMOTE: a paused trial trains on with the next free worker,
    before any new trial.
    """

    CONTINUE = "continue"
    PAUSE = "pause"
    STOP = "stop"
    PROMOTE = "promote"


@dataclass(frozen=True)
class Report:
    """A trial has been evaluated: its evaluation from 1, and a finite score of which more is better.

    The evaluations of a trial come in rising order, each once; one may be missing.
    """

    trial: str
    evaluation: int
    score: float


@dataclass(frozen=True)
class Ended:
    """A trial that has reported ended by itself: it finished or failed."""

    trial: str


@dataclass(frozen=True)
class Idle:
    """No trial runs and none is left to start; the sweep continues only if a trial is promoted.

    Where the rule promotes no trial then, all that are still paused are stopped.
    """


Event = Report | Ended | Idle
Actions = Mapping[str, Action]
"""Actions by trial. A reporting trial that is not named continues, a paused one stays paused."""

State = TypeVar("State")


@dataclass(frozen=True)
class Plan:
    """The sweep as a rule knows it: the planned trials, the most evaluations of a trial, the seed."""

    trials: int
    max_evaluations: int
    seed: int = 0


class StoppingRule(Protocol[State]):
    """Decides when trials stop. Pure: equal states and events give equal results, and nothing is modified.

    A state is rebuilt from a sweep's records by passing the events on again. Clocks of several machines may
    order two events differently than they were decided on, so a rule accepts a report of a trial that it
    considers paused or stopped: the record is right.
    """

    def initial_state(self) -> State:
        """Return the state before the first event."""
        ...

    def decide(self, state: State, event: Event) -> tuple[State, Actions]:
        """Return the next state and what happens to trials.

        Args:
            state: What the last call returned; it stays as it is.
            event: What has happened.

        Returns:
            The next state, and actions: CONTINUE, PAUSE or STOP for the reporting trial, PROMOTE or STOP for
            paused ones. Other running trials cannot be acted on before they report.
        """
        ...
