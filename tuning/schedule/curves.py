"""Extrapolates learning curves: stops trials that are unlikely to win, pauses and resumes the others.

The probability that a trial ends with a better score than the best of the others follows from the forecasts of
`extrapolation`. Pausing trials and resuming those with the best prospects is the idea of freeze-thaw
optimization (Swersky et al. 2014, arXiv:1406.3896); here the forecast does not depend on a trial's parameters.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from pydantic import Field

from sweepbox.tuning.schedule.ranking import merits
from sweepbox.tuning.schedule.rule import Action, Actions, Event, Idle, Plan, Report
from sweepbox.tuning.spec.schema import SpecModel


class CurvesOptions(SpecModel):
    """From evaluation `grace_period` on a trial is judged by the probability that it becomes the best.

    Below `stop_below` it is stopped. Below `pause_below` it waits while there are new trials.
    """

    grace_period: int = Field(default=1, ge=1)
    stop_below: float = Field(default=0.02, ge=0, le=0.5)
    pause_below: float = Field(default=0.5, ge=0, le=1)


@dataclass(frozen=True)
class CurvesState:
    """The reports of all trials.

    Attributes:
        reports: The reports of each trial.
        paused: The trials that wait.
        over: The trials that have ended or were stopped.
        is_searched: Whether all trials have begun, so that waiting trials are resumed.
    """

    reports: Mapping[str, tuple[Report, ...]] = field(default_factory=dict)
    paused: frozenset[str] = frozenset()
    over: frozenset[str] = frozenset()
    is_searched: bool = False


@dataclass(frozen=True)
class Curves:
    """First lets all trials begin, and only promising ones continue; then resumes the most promising.

    When the last planned trial has reported, as many are resumed at once as the square root of the number of
    trials, and from then on one for each that pauses, stops or ends. A trial pauses for another with twice its
    probability.
    """

    options: CurvesOptions
    plan: Plan

    def initial_state(self) -> CurvesState:
        """Return no reports."""
        return CurvesState()

    def decide(self, state: CurvesState, event: Event) -> tuple[CurvesState, Actions]:
        """Return the state after the event, and what follows for the reporting and the paused trials."""
        if isinstance(event, Idle):
            return self._resume(replace(state, is_searched=True), self._batch)
        if not isinstance(event, Report):
            ended = replace(state, paused=state.paused - {event.trial}, over=state.over | {event.trial})
            return self._resume(ended, 1) if state.is_searched else (ended, {})
        return self._judge(self._with_report(state, event), event, was_searched=state.is_searched)

    @property
    def _batch(self) -> int:
        return max(1, math.isqrt(self.plan.trials))

    def _with_report(self, state: CurvesState, report: Report) -> CurvesState:
        reports = {**state.reports, report.trial: (*state.reports.get(report.trial, ()), report)}
        is_searched = state.is_searched or len(reports) >= self.plan.trials
        return replace(state, reports=reports, paused=state.paused - {report.trial}, is_searched=is_searched)

    def _judge(self, state: CurvesState, report: Report, *, was_searched: bool) -> tuple[CurvesState, Actions]:
        """Return what follows for the trial that reports, and for those that are resumed."""
        trial = report.trial
        resumed = self._batch if state.is_searched and not was_searched else 0
        if trial in state.over or report.evaluation >= self.plan.max_evaluations:
            return self._resume(state, resumed)
        chances = self._chances(state)
        action = self._action(state, report, chances)
        if action is Action.CONTINUE:
            return self._resume(state, resumed, chances)
        if action is Action.STOP:
            state = replace(state, over=state.over | {trial})
        known = None if action is Action.STOP else chances  # a stopped trial counts with its best score
        after, actions = self._resume(state, resumed + 1 if state.is_searched else 0, known)
        if action is Action.PAUSE:
            after = replace(after, paused=after.paused | {trial})
        return after, {**actions, trial: action}

    def _action(self, state: CurvesState, report: Report, chances: Mapping[str, float]) -> Action:
        own = chances[report.trial]
        if report.evaluation < self.options.grace_period:
            return Action.CONTINUE
        if own < self.options.stop_below:
            return Action.STOP
        if not state.is_searched:
            return Action.PAUSE if own < self.options.pause_below else Action.CONTINUE
        waiting = max((chances[name] for name in state.paused), default=0.0)
        return Action.PAUSE if waiting > 2 * own else Action.CONTINUE

    def _resume(
        self, state: CurvesState, count: int, chances: Mapping[str, float] | None = None
    ) -> tuple[CurvesState, Actions]:
        """Resume the paused trials with the highest probabilities, none below the limit for stopping."""
        if not state.paused or not count:
            return state, {}
        chances = self._chances(state) if chances is None else chances
        promising = [name for name in sorted(state.paused) if chances[name] >= self.options.stop_below]
        resumed = sorted(promising, key=lambda name: -chances[name])[:count]
        return replace(state, paused=state.paused - {*resumed}), dict.fromkeys(resumed, Action.PROMOTE)

    def _chances(self, state: CurvesState) -> dict[str, float]:
        """Return for each trial that is not over the probability that it becomes better than all others.

        Of a trial that is over the best score counts, of the others the final score that is forecast.
        """
        from scipy.special import ndtr

        from sweepbox.tuning.schedule.extrapolation import Forecast, extrapolate

        curves = _curves(state.reports)
        best = {trial: max(scores.values()) for trial, scores in curves.items()}
        forecasts = extrapolate(curves, length=max(self.plan.max_evaluations, *map(max, curves.values())))
        for trial in state.over & forecasts.keys():
            forecasts[trial] = Forecast(best[trial], 0.0)
        ranked = sorted(forecasts, key=lambda trial: (-forecasts[trial].mean, trial))
        chances = {}
        for trial in forecasts.keys() - state.over:
            rival = next((name for name in ranked if name != trial), None)
            if rival is None:
                chances[trial] = 1.0
                continue
            own, other = forecasts[trial], forecasts[rival]
            spread = math.hypot(own.sd, other.sd)
            distance = own.mean - other.mean
            chances[trial] = float(ndtr(distance / spread)) if spread else float(distance >= 0)
        return chances


def _curves(reports: Mapping[str, tuple[Report, ...]]) -> dict[str, dict[int, float]]:
    """Return the merits of all reports by trial and evaluation."""
    given = list(chain.from_iterable(reports.values()))
    curves: dict[str, dict[int, float]] = {trial: {} for trial in reports}
    for report, merit in zip(given, merits(given), strict=True):
        curves[report.trial][report.evaluation] = merit
    return curves
