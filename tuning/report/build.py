"""Builds the model of a report from the state of a sweep."""

import time
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from sweepbox.tuning.report.model.report import FORMAT, GoalModel, HistoryPoint, ParameterModel, ReportModel
from sweepbox.tuning.report.model.sections import ReportSections
from sweepbox.tuning.report.timeline import timeline_of
from sweepbox.tuning.report.trial_models import improvements, trial_models
from sweepbox.tuning.report.verdict import commands_of, verdict_of_sweep
from sweepbox.tuning.schedule.rungs import rungs_of
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import Distribution
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.share_lines import measured_memory
from sweepbox.tuning.sweep.state import SweepState

NOTHING = ReportSections()


def report_model(
    state: SweepState, sections: ReportSections = NOTHING, *, now: float | None = None
) -> ReportModel:
    """Return the model of a sweep's report; it takes milliseconds and loads nothing heavy.

    Args:
        state: The sweep, running or not.
        sections: The parts that take longer, as `report_sections` returns them; they may be of an earlier
            state of the sweep.
        now: The time, in seconds since the epoch; by default the clock's.
    """
    now = time.time() if now is None else now
    told = state.to_json()
    evaluations = max((trial.status.total_evaluations for trial in state.trials), default=0)
    rungs: tuple[int, ...] = ()
    if evaluations:
        rungs = rungs_of(state.spec.scheduler, trials=state.spec.trials, max_evaluations=evaluations)
    timeline = timeline_of(state.trials, now=now)
    trials = trial_models(state, rungs=rungs, runs=timeline.runs)
    return ReportModel(
        **{**told, "trials": trials},
        format=FORMAT,
        written=now,
        version=version("sweepbox"),
        folder=str(state.folder.path),
        objective=tuple(GoalModel(goal.label, str(goal.mode)) for goal in state.objective.goals),
        counts={str(kind): state.count(kind) for kind in TrialState if state.count(kind)},
        sampler=state.spec.sampler.type,
        scheduler=state.spec.scheduler.type,
        rungs=rungs,
        parameters=_parameters(state),
        base_values={change.path: change.before for trial in state.trials for change in trial.changes},
        verdict=verdict_of_sweep(state, sections.paired),
        commands=commands_of(state),
        history=_history(state),
        workers=timeline.workers,
        search=sections.search,
        data=sections.data,
        detector=sections.detector,
        paired=sections.paired,
        memory=_memory(state),
    )


def _memory(state: SweepState) -> dict[str, Any] | None:
    record = measured_memory(state)
    share = state.spec.resources_per_trial.model_dump(exclude_none=True)
    return None if record is None else {**asdict(record), "share": share}


def _parameters(state: SweepState) -> tuple[ParameterModel, ...]:
    return tuple(_parameter(item.name, item.distribution) for item in Space.of(state.spec).parameters())


def _parameter(name: str, distribution: Distribution) -> ParameterModel:
    if distribution.choice is not None:
        return ParameterModel(name, distribution.kind, None, None, tuple(distribution.choice))
    low, high = getattr(distribution, distribution.kind)
    return ParameterModel(name, distribution.kind, low, high, ())


def _history(state: SweepState) -> tuple[HistoryPoint, ...]:
    return tuple(
        HistoryPoint(
            name,
            spent,
            state.objective.value(item.metrics),
            state.objective.violation(item.metrics) == 0,
        )
        for spent, name, item in improvements(
            [trial for trial in state.searched if trial.status.duplicate_of is None]
        )
    )
