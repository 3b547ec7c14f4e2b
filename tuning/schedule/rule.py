"""The interface of stopping rules: events in, actions out, and a state that is never modified."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeVar

from sweepbox.tuning.objective.order import Merit


class Action(StrEnum):
    """What happens to a trial.

    CONTINUE: the reporting trial trains on. PAUSE: the reporting trial frees its worker and waits. YIELD: the
    reporting trial trains on, after all others that wait for a worker. STOP: the reporting trial, or a paused
    one, is over. PROMOTE: a paused trial trains on with the next free worker, before any new trial.
    """

    CONTINUE = "continue"
    PAUSE = "pause"
    YIELD = "yield"
    STOP = "stop"
    PROMOTE = "promote"


@dataclass(frozen=True)
class CopyOrder:
    """The reporting trial, `member`, is stopped, and a new trial replaces it: a perturbed copy of another one.

    Attributes:
        member: The trial that is replaced; it has one order at most.
        source: The trial whose weights and optimizer state the new trial starts from.
        evaluation: The evaluation of the source for which it was chosen.
    """

    member: str
    source: str
    evaluation: int


@dataclass(frozen=True)
class Report:
    """A trial has been evaluated: its evaluation from 1, and a finite score of which more is better.

    The evaluations of a trial come in rising order, each once; one may be missing.

    Attributes:
        more_scores: The scores of further goals, of which more is better, too.
        violations: By how much constraints are violated, by name; those that are met may be left out.
    """

    trial: str
    evaluation: int
    score: float
    more_scores: tuple[float, ...] = ()
    violations: Mapping[str, float] = field(default_factory=dict)

    @property
    def merit(self) -> Merit:
        """What reports are compared by."""
        return Merit((self.score, *self.more_scores), self.violations)


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
Actions = Mapping[str, Action | CopyOrder]
"""Actions by trial. A reporting trial that is not named continues, a paused one stays paused."""

State = TypeVar("State")


@dataclass(frozen=True)
class Plan:
    """The sweep as a rule knows it.

    Attributes:
        trials: The planned trials; copies come in addition.
        max_evaluations: The most evaluations of a trial.
        seed: The seed of random choices.
        protected: Trials that are never stopped or paused. A rule decides on their reports like on others;
            `RuleRunner` lets them continue whatever it decides.
    """

    trials: int
    max_evaluations: int
    seed: int = 0
    protected: frozenset[str] = field(default_factory=frozenset)


class StoppingRule(Protocol[State]):
    """Decides when trials stop. Pure: equal states and events give equal results, and nothing is modified.

    A state is rebuilt from a sweep's records by passing the events on again. Clocks of several machines may
    order two events differently than they were decided on, so a rule accepts a report of a trial that it
    considers paused or stopped: the record is right.
    """

    @property
    def plan(self) -> Plan:
        """The sweep that the rule was built for."""
        ...

    def initial_state(self) -> State:
        """Return the state before the first event."""
        ...

    def decide(self, state: State, event: Event) -> tuple[State, Actions]:
        """Return the next state and what happens to trials.

        Args:
            state: What the last call returned; it stays as it is.
            event: What has happened.

        Returns:
            The next state, and actions: CONTINUE, PAUSE, YIELD, STOP or an order of a copy for the reporting
            trial, PROMOTE or STOP for paused ones. Other running trials cannot be acted on before they report.
        """
        ...
