"""HyperBand (Li et al. 2018, arXiv:1603.06560): brackets of successive halving, from the most eager on.

Bracket `s` compares its trials first at the longest evaluation divided by `reduction_factor ** s`, and
continues the best `1 / reduction_factor` of them at each rung. Paused trials free their workers. Within a
bracket decisions are those of Ray's `HyperBandScheduler`, which begins with the least eager bracket instead.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field

from sweepbox.tuning.schedule.bracket import Bracket, keeps_of
from sweepbox.tuning.schedule.rule import Action, Actions, CopyOrder, Event, Idle, Plan, Report
from sweepbox.tuning.spec.schema import SpecModel


class HyperBandOptions(SpecModel):
    """No trial is compared before `grace_period` evaluations."""

    grace_period: int = Field(default=1, ge=1)
    reduction_factor: float = Field(default=3, ge=2)


@dataclass(frozen=True)
class HyperBandState:
    """The brackets in the order in which they were opened."""

    brackets: tuple[Bracket, ...] = ()


@dataclass(frozen=True)
class HyperBand:
    """Puts each trial, at its first report, into the first bracket with a free slot; opens brackets in turn."""

    options: HyperBandOptions
    plan: Plan

    def initial_state(self) -> HyperBandState:
        """Return no brackets."""
        return HyperBandState()

    def decide(self, state: HyperBandState, event: Event) -> tuple[HyperBandState, Actions]:
        """Return the brackets after the event, and what follows for their trials."""
        if isinstance(event, Idle):
            resolved = [bracket.resolve() for bracket in state.brackets]
            actions: dict[str, Action | CopyOrder] = {}
            for _, more in resolved:
                actions |= more
            return HyperBandState(tuple(bracket for bracket, _ in resolved)), actions
        index = self._index(state, event.trial)
        if isinstance(event, Report):
            brackets = state.brackets if index < len(state.brackets) else (*state.brackets, self._next(state))
            return _with(brackets, index, brackets[index].report(event))
        if index == len(state.brackets):
            return state, {}
        return _with(state.brackets, index, state.brackets[index].end(event.trial))

    def all_milestones(self) -> tuple[int, ...]:
        """Return the rungs of the most eager bracket, which are those of all brackets."""
        return self._milestones(self._most_halvings())

    def _milestones(self, halvings: int) -> tuple[int, ...]:
        """Return the rungs of the bracket with so many halvings."""
        return tuple(
            math.floor(self.plan.max_evaluations / self.options.reduction_factor**exponent + 1e-9)
            for exponent in range(halvings, 0, -1)
        )

    def _index(self, state: HyperBandState, trial: str) -> int:
        """Return the number of a trial's bracket, of a new trial that of the one to join."""
        for index, bracket in enumerate(state.brackets):
            if trial in bracket.members:
                return index
        free = (index for index, bracket in enumerate(state.brackets) if not bracket.is_full)
        return next(free, len(state.brackets))

    def _next(self, state: HyperBandState) -> Bracket:
        """Return the next bracket; the last one has the slots that are left of the planned trials."""
        most = self._most_halvings()
        halvings = most - len(state.brackets) % (most + 1)
        left = self.plan.trials - sum(bracket.slots for bracket in state.brackets)
        slots = math.ceil((most + 1) / (halvings + 1) * self.options.reduction_factor**halvings)
        slots = min(slots, left) if left > 0 else slots
        return Bracket(
            self._milestones(halvings), keeps_of(slots, halvings, self.options.reduction_factor), slots
        )

    def _most_halvings(self) -> int:
        """Return how often a bracket can be halved before its first rung comes under the grace period."""
        halvings = 0
        first = max(self.options.grace_period, 1)
        while self.plan.max_evaluations / self.options.reduction_factor ** (halvings + 1) + 1e-9 >= first:
            halvings += 1
        return halvings


def _with(
    brackets: tuple[Bracket, ...], index: int, decided: tuple[Bracket, Mapping[str, Action | CopyOrder]]
) -> tuple[HyperBandState, Actions]:
    bracket, actions = decided
    return HyperBandState((*brackets[:index], bracket, *brackets[index + 1 :])), actions
