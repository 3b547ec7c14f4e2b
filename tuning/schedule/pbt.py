"""Population-based training (Jaderberg et al. 2017, arXiv:1711.09846).

A trial among the worst of the population is replaced by a perturbed copy of one among the best. One trial
keeps one config: the member is stopped and a new trial starts from the other's weights. The quantiles are those
of Ray's `PopulationBasedTraining`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import Field

from sweepbox.detection.core.seeds import generator
from sweepbox.tuning.schedule.ranking import best_first
from sweepbox.tuning.schedule.rule import Action, Actions, CopyOrder, Ended, Event, Plan, Report
from sweepbox.tuning.spec.schema import SpecModel


class PbtOptions(SpecModel):
    """Every `interval` evaluations a trial is compared; the worst `quantile` copy from the best `quantile`."""

    interval: int = Field(default=1, ge=1)
    quantile: float = Field(default=0.25, gt=0, le=0.5)


@dataclass(frozen=True)
class Member:
    """A trial of the population: the evaluation at which it was compared or began, and the report there."""

    compared: int
    report: Report | None = None


@dataclass(frozen=True)
class PbtState:
    """The population: its trials that have reported and are not over."""

    members: Mapping[str, Member] = field(default_factory=dict)


@dataclass(frozen=True)
class PopulationBasedTraining:
    """Compares a trial with the last compared scores of the others, however far these have come.

    A compared trial that stays yields its worker to others that wait, so that a population larger than the
    number of workers advances evenly.
    """

    options: PbtOptions
    plan: Plan

    def initial_state(self) -> PbtState:
        """Return an empty population."""
        return PbtState()

    def decide(self, state: PbtState, event: Event) -> tuple[PbtState, Actions]:
        """Return the population after the event, and YIELD or the order of a copy for a compared trial."""
        if isinstance(event, Ended):
            return PbtState(_without(state.members, event.trial)), {}
        if not isinstance(event, Report) or event.evaluation >= self.plan.max_evaluations:
            return state, {}
        member = state.members.get(event.trial, Member(event.evaluation - 1))
        if event.evaluation - member.compared < self.options.interval:
            return PbtState({**state.members, event.trial: member}), {}
        members = {**state.members, event.trial: Member(event.evaluation, event)}
        best, worst = self._quantiles(members)
        if event.trial not in {report.trial for report in worst}:
            return PbtState(members), {event.trial: Action.YIELD}
        source = self._draw(best, event)
        order = CopyOrder(event.trial, source=source.trial, evaluation=source.evaluation)
        return PbtState(_without(members, event.trial)), {event.trial: order}

    def _quantiles(self, members: Mapping[str, Member]) -> tuple[list[Report], list[Report]]:
        """Return the best and the worst of the compared reports, never more than half."""
        ranked = best_first(member.report for member in members.values() if member.report is not None)
        count = min(math.ceil(len(ranked) * self.options.quantile), len(ranked) // 2)
        return ranked[:count], ranked[len(ranked) - count :]

    def _draw(self, best: list[Report], event: Report) -> Report:
        """Return one of the best reports, drawn for this evaluation of this trial."""
        draw = generator(self.plan.seed, "pbt", event.trial, event.evaluation)
        return best[int(draw.integers(len(best)))]


def _without(members: Mapping[str, Member], trial: str) -> dict[str, Member]:
    return {name: member for name, member in members.items() if name != trial}
