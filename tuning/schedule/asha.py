"""Asynchronous successive halving (Li et al. 2020, arXiv:1810.05934) in its stopping form.

A trial that comes to a rung is stopped where its score is below the best `1 / reduction_factor` of those that
came there before it. Decisions are those of Ray's `AsyncHyperBandScheduler` with one bracket.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pydantic import Field

from sweepbox.tuning.schedule.ranking import is_among_best
from sweepbox.tuning.schedule.rule import Action, Actions, Event, Plan, Report
from sweepbox.tuning.spec.schema import SpecModel


class AshaOptions(SpecModel):
    """`grace_period` counts evaluations; the rungs are `grace_period * reduction_factor ** k`."""

    grace_period: int = Field(default=1, ge=1)
    reduction_factor: float = Field(default=3, ge=2)


@dataclass(frozen=True)
class Rung:
    """An evaluation at which trials are compared, and the reports of those that came there."""

    evaluation: float
    reports: Mapping[str, Report]


@dataclass(frozen=True)
class AshaState:
    """The rungs from the last to the first."""

    rungs: tuple[Rung, ...]


@dataclass(frozen=True)
class Asha:
    """Stops a trial at the longest evaluation, and at each rung where it is not among the best.

    A grace period longer than a trial is as long as one. A trial is recorded at the last rung that it has
    reached and is not recorded at; once for each report at most.
    """

    options: AshaOptions
    plan: Plan

    def initial_state(self) -> AshaState:
        """Return empty rungs."""
        return AshaState(tuple(Rung(evaluation, {}) for evaluation in reversed([*self._milestones()])))

    def decide(self, state: AshaState, event: Event) -> tuple[AshaState, Actions]:
        """Return the rungs with a report, and STOP where it is not good enough."""
        if not isinstance(event, Report):
            return state, {}
        if event.evaluation >= self.plan.max_evaluations:
            return state, {event.trial: Action.STOP}
        for index, rung in enumerate(state.rungs):
            if event.evaluation >= rung.evaluation and event.trial not in rung.reports:
                share = 1 / self.options.reduction_factor
                continues = is_among_best(event, [*rung.reports.values()], share)
                extended = replace(rung, reports={**rung.reports, event.trial: event})
                rungs = (*state.rungs[:index], extended, *state.rungs[index + 1 :])
                return AshaState(rungs), {} if continues else {event.trial: Action.STOP}
        return state, {}

    def _milestones(self) -> Iterator[float]:
        """Yield the rungs' evaluations; none is needed at the longest, where every trial stops."""
        evaluation: float = min(self.options.grace_period, self.plan.max_evaluations)
        exponent = 0
        while (milestone := evaluation * self.options.reduction_factor**exponent) < self.plan.max_evaluations:
            yield milestone
            exponent += 1
