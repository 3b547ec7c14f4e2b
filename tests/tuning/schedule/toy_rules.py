"""Rules that pause and promote, for tests of what runs rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import Field

from sweepbox.tuning.schedule.rule import Action, Actions, Ended, Event, Idle, Plan, Report
from sweepbox.tuning.schedule.table import RuleKind
from sweepbox.tuning.spec.schema import SpecModel


class ToyOptions(SpecModel):
    keep: int = Field(default=2, ge=1)


@dataclass(frozen=True)
class ToyState:
    paused: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class BestOfAll:
    """Pauses each trial after its first evaluation; when all are paused, the best run to their end."""

    options: ToyOptions
    plan: Plan

    def initial_state(self) -> ToyState:
        return ToyState()

    def decide(self, state: ToyState, event: Event) -> tuple[ToyState, Actions]:
        if isinstance(event, Report):
            if event.evaluation > 1:
                return _without(state, event.trial), {}
            return ToyState({**state.paused, event.trial: event.score}), {event.trial: Action.PAUSE}
        if isinstance(event, Ended):
            return _without(state, event.trial), {}
        ranked = sorted(state.paused, key=lambda trial: (-state.paused[trial], trial))
        best, others = ranked[: self.options.keep], ranked[self.options.keep :]
        return ToyState(), {**dict.fromkeys(best, Action.PROMOTE), **dict.fromkeys(others, Action.STOP)}


@dataclass(frozen=True)
class BetterOfTwo:
    """Pauses each trial after each evaluation; of two paused ones the better goes on, the other is stopped.

    One that is left over goes on while nothing runs.
    """

    options: ToyOptions
    plan: Plan

    def initial_state(self) -> ToyState:
        return ToyState()

    def decide(self, state: ToyState, event: Event) -> tuple[ToyState, Actions]:
        if isinstance(event, Idle):
            return ToyState(), dict.fromkeys(state.paused, Action.PROMOTE)
        if isinstance(event, Ended):
            return _without(state, event.trial), {}
        others = _without(state, event.trial).paused
        if not others:
            return ToyState({event.trial: event.score}), {event.trial: Action.PAUSE}
        (other,) = others
        if event.score > others[other]:
            return ToyState(), {other: Action.STOP}
        return ToyState(), {event.trial: Action.STOP, other: Action.PROMOTE}


def _without(state: ToyState, trial: str) -> ToyState:
    return ToyState({other: score for other, score in state.paused.items() if other != trial})


TOYS = {"best-of-all": RuleKind(ToyOptions, BestOfAll), "better-of-two": RuleKind(ToyOptions, BetterOfTwo)}
