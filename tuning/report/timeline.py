"""When and where trials ran: the workers of a sweep, and the times in which each was busy."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sweepbox.tuning.report.model.trial import RunModel, WorkerModel
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.trial_result import TrialResult

SHORT_BREAK_S = 5.0
"""Between two evaluations a trial saves its state; up to so many seconds that is no break."""
BREAK_SHARE = 0.2
"""Nor is what lasts up to this share of the time between two evaluations."""
OVERLAP_S = 1.0
"""By how much the times of two trials of one worker may overlap: clocks of machines differ."""

Span = tuple[float, float]


@dataclass
class _Lane:
    """A worker while times are assigned."""

    host: str | None
    gpus: str | None
    number: int
    free_from: float
    busy_s: float = 0.0


@dataclass
class Timeline:
    """The workers, and of each trial the times in which it ran."""

    workers: tuple[WorkerModel, ...] = ()
    runs: dict[str, tuple[RunModel, ...]] = field(default_factory=dict)


def timeline_of(trials: Sequence[TrialResult], *, now: float) -> Timeline:
    """Return the timeline of a sweep's trials.

    The records name the machine and the GPUs of a trial. Trials of one machine that ran at the same time had
    different workers; a worker takes the next trial of its machine.

    Args:
        trials: The trials.
        now: The time, until which running trials have run.
    """
    spans = sorted((span, trial) for trial in _by_id(trials) for span in _spans(trials[trial], now=now))
    lanes: list[_Lane] = []
    found: dict[str, list[RunModel]] = {}
    for (begin, end), index in spans:
        status = trials[index].status
        lane = _lane(lanes, status.host, status.gpus, begin)
        lane.free_from = end
        lane.busy_s += end - begin
        found.setdefault(trials[index].id, []).append(RunModel(lanes.index(lane), begin, end))
    workers = tuple(WorkerModel(_name(lane), lane.host, lane.gpus, lane.busy_s) for lane in lanes)
    return Timeline(workers, {name: tuple(runs) for name, runs in found.items()})


def _by_id(trials: Sequence[TrialResult]) -> Iterator[int]:
    """Yield the indices of the trials that ran themselves."""
    return (index for index, trial in enumerate(trials) if trial.status.duplicate_of is None)


def _spans(trial: TrialResult, *, now: float) -> list[Span]:
    """Return the times in which a trial ran without a break."""
    status = trial.status
    spans: list[Span] = []
    for item in trial.evaluations:
        begin = item.time - item.seconds
        if spans and begin - spans[-1][1] <= max(SHORT_BREAK_S, BREAK_SHARE * item.seconds):
            spans[-1] = (spans[-1][0], item.time)
        else:
            spans.append((begin, item.time))
    if status.started is not None:
        if spans and status.attempts <= 1 and status.started < spans[0][0]:
            spans[0] = (status.started, spans[0][1])
        if not spans and status.ended is not None:
            spans.append((status.started, max(status.ended, status.started)))
    return _until_now(spans, trial, now)


def _until_now(spans: list[Span], trial: TrialResult, now: float) -> list[Span]:
    """Return the times with the one that a running trial is in."""
    if trial.state is not TrialState.RUNNING or trial.status.started is None:
        return spans
    if not spans:
        return [(trial.status.started, max(now, trial.status.started))]
    return [*spans[:-1], (spans[-1][0], max(now, spans[-1][1]))]


def _lane(lanes: list[_Lane], host: str | None, gpus: str | None, begin: float) -> _Lane:
    """Return the worker of a place that became free last before a time; a new one where none is free."""
    same = [lane for lane in lanes if (lane.host, lane.gpus) == (host, gpus)]
    free = [lane for lane in same if lane.free_from <= begin + OVERLAP_S]
    if free:
        return max(free, key=lambda lane: lane.free_from)
    lanes.append(_Lane(host, gpus, len(same) + 1, begin))
    return lanes[-1]


def _name(lane: _Lane) -> str:
    place = lane.host or "worker"
    if lane.gpus:
        place += f" GPU {lane.gpus}"
    return f"{place} #{lane.number}"
