"""The median stopping rule of Vizier (Golovin et al. 2017).

A trial is stopped where its best score so far is below the median of what other trials scored on average up to
the same evaluation. Decisions are those of Ray's `MedianStoppingRule`, which in addition pauses trials while
there are too few to compare.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import Field

from sweepbox.tuning.schedule.ranking import best_first, is_below_median, mean_of
from sweepbox.tuning.schedule.rule import Action, Actions, Event, Plan, Report
from sweepbox.tuning.spec.schema import SpecModel


class MedianOptions(SpecModel):
    """No trial is stopped before `grace_period` evaluations, nor with fewer than `min_trials` others there."""

    grace_period: int = Field(default=1, ge=1)
    min_trials: int = Field(default=3, ge=1)


@dataclass(frozen=True)
class MedianState:
    """The reports of each trial."""

    reports: Mapping[str, tuple[Report, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Median:
    """Compares a trial at each evaluation with all that have come as far, those that were stopped included.

    Averages leave out what was scored before the grace period.
    """

    options: MedianOptions
    plan: Plan

    def initial_state(self) -> MedianState:
        """Return no reports."""
        return MedianState()

    def decide(self, state: MedianState, event: Event) -> tuple[MedianState, Actions]:
        """Return the reports with one more, and STOP where the trial is below the median."""
        if not isinstance(event, Report):
            return state, {}
        own = (*state.reports.get(event.trial, ()), event)
        after = MedianState({**state.reports, event.trial: own})
        if event.evaluation < self.options.grace_period:
            return after, {}
        means = self._means(after, event)
        if len(means) < self.options.min_trials or not is_below_median(_best(own), means):
            return after, {}
        return after, {event.trial: Action.STOP}

    def _means(self, state: MedianState, event: Report) -> list[Report]:
        """Return the means of the other trials up to the evaluation, of those that have come to it."""
        means = []
        for trial, reports in state.reports.items():
            counted = [
                report
                for report in reports
                if self.options.grace_period <= report.evaluation <= event.evaluation
            ]
            if trial != event.trial and counted and reports[-1].evaluation >= event.evaluation:
                means.append(mean_of(counted))
        return means


def _best(reports: tuple[Report, ...]) -> Report:
    return best_first(reports)[0]
