"""Rebuilds the state of a stopping rule from the records of a sweep."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sweepbox.tuning.schedule.rule import Action, Ended, Report
from sweepbox.tuning.schedule.runner import RuleRunner


@dataclass(frozen=True)
class TrialHistory:
    """The recorded events of a trial; times are seconds since any fixed moment.

    Attributes:
        trial: The trial's id.
        reports: The time and the report of each evaluation.
        started: When it first ran; None where it never did.
        ended: When it failed, or made its last report and finished; None where it did neither.
        stopped: Whether it was stopped early.
        replaces: The trial that it replaces as a copy of another one.
    """

    trial: str
    reports: tuple[tuple[float, Report], ...] = ()
    started: float | None = None
    ended: float | None = None
    stopped: bool = False
    replaces: str | None = None


def replay(runner: RuleRunner, histories: Iterable[TrialHistory]) -> None:
    """Pass the records of trials to a fresh runner, in the order of time.

    Where a record contradicts the repeated decision, the record is right: a trial that is recorded as over is
    over, and one that continued was promoted. Records do not contain the moments at which no trial ran and none
    was left to start. Such a moment is inferred where it explains why a paused trial continued or was stopped.
    """
    known = sorted(histories, key=lambda history: history.trial)
    last = {history.trial: history.reports[-1][0] for history in known if history.reports}
    for time, event in _events(known):
        finished = isinstance(event, Ended) and time == last.get(event.trial)
        if runner.is_paused(event.trial) and not finished:
            _resolve_if(runner, known, event.trial, Action.PROMOTE, time)
        if isinstance(event, Report):
            runner.report(event)
        else:
            runner.end(event.trial)
    for history in known:
        if history.stopped:
            if runner.is_paused(history.trial):
                _resolve_if(runner, known, history.trial, Action.STOP, math.inf)
            runner.end(history.trial)
        if history.replaces is not None:
            runner.replaced(history.replaces)


def _events(histories: Sequence[TrialHistory]) -> list[tuple[float, Report | Ended]]:
    """Return reports and ends in the order of time, of equal times in the order of trials."""
    events: list[tuple[float, Report | Ended]] = []
    for history in histories:
        events += history.reports
        if history.ended is not None:
            events.append((history.ended, Ended(history.trial)))
    return sorted(events, key=lambda item: item[0])


def _resolve_if(
    runner: RuleRunner, histories: Sequence[TrialHistory], trial: str, action: Action, time: float
) -> None:
    """Resolve the paused trials where that gives a trial this action and no other trial ran at a time."""
    others = (history for history in histories if history.trial != trial)
    if runner.if_idle(trial) is action and not any(_runs(runner, other, time) for other in others):
        runner.resolve()


def _runs(runner: RuleRunner, history: TrialHistory, time: float) -> bool:
    """Return whether a trial ran, or was to run, at the time up to which records have been replayed."""
    reported = bool(history.reports) and history.reports[0][0] <= time
    if reported:
        return runner.standings.get(history.trial) in (Action.CONTINUE, Action.PROMOTE, Action.YIELD)
    over = history.stopped or (history.ended is not None and history.ended <= time)
    return history.started is not None and history.started <= time and not over
