"""The trials of a sweep in the model of its report."""

import itertools
from collections.abc import Iterator, Mapping, Sequence

from sweepbox.detection.core.regular_files import read_end
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.report.model.trial import CurveModel, RunModel, TrialModel
from sweepbox.tuning.storage.folder import TrialFolder
from sweepbox.tuning.storage.trial_record import Evaluation, TrialState
from sweepbox.tuning.sweep.formatting import settings_text
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.sweep.trial_result import TrialResult

CURVE_METRICS = ("mAP", "mAP@.50", "loss/total")
"""The metrics of learning curves beside the goals."""
LONGEST_TRACEBACK = 4000
"""The most characters of a traceback; its end is kept."""


def trial_models(
    state: SweepState, *, rungs: Sequence[int], runs: Mapping[str, tuple[RunModel, ...]]
) -> tuple[TrialModel, ...]:
    """Return all trials of a sweep.

    Args:
        state: The sweep.
        rungs: The evaluations at which the stopping rule compares trials.
        runs: When and where each trial ran, by id.
    """
    sources = {trial.status.fingerprint: trial.id for trial in reversed(state.searched)}
    return tuple(
        _model(
            trial,
            state,
            rungs=rungs,
            confirms=_confirmed(trial, sources) if trial.status.is_confirmation else None,
            runs=runs.get(trial.id, ()),
        )
        for trial in state.trials
    )


def _confirmed(trial: TrialResult, sources: Mapping[str, str]) -> str:
    """Return the trial of the search that a trial trains again; `base` where the search did not train it."""
    if trial.status.segments:
        return trial.status.segments[-1].trial
    return sources.get(trial.status.fingerprint, "base")


def _model(
    trial: TrialResult,
    state: SweepState,
    *,
    rungs: Sequence[int],
    confirms: str | None,
    runs: tuple[RunModel, ...],
) -> TrialModel:
    status, best, objective = trial.status, trial.best, state.objective
    last = trial.evaluations[-1].evaluation if trial.evaluations else 0
    has_failed = trial.state is TrialState.FAILED
    return TrialModel(
        **trial.to_json(),
        value=None if best is None else objective.value(best.metrics),
        values={} if best is None else objective.values(best.metrics),
        feasible=None if best is None else objective.violation(best.metrics) == 0,
        settings=settings_text(trial),
        seed=status.seed,
        fingerprint=status.fingerprint,
        total_steps=status.total_steps,
        total_evaluations=status.total_evaluations,
        attempts=status.attempts,
        rungs_passed=0 if status.is_confirmation else sum(rung < last for rung in rungs),
        confirms=confirms,
        replaces=status.replaces,
        stopped_by_request=status.stopped_by_request,
        started=status.started,
        ended=status.ended,
        traceback=_traceback(state.folder.trial(trial.id)) if has_failed else None,
        curve=_curve(trial.evaluations, objective),
        runs=runs,
    )


def _curve(evaluations: Sequence[Evaluation], objective: Objective) -> CurveModel:
    """Return the evaluations as columns: the goals, and those of `CURVE_METRICS` that are reported."""
    reported = evaluations[0].metrics if evaluations else {}
    labels = [goal.label for goal in objective.goals]
    others = [name for name in CURVE_METRICS if name in reported and name not in labels]
    columns: dict[str, tuple[float | None, ...]] = {
        goal.label: tuple(
            goal.value(item.metrics) if goal.is_comparable(item.metrics) else None for item in evaluations
        )
        for goal in objective.goals
    }
    return CurveModel(
        evaluations=tuple(item.evaluation for item in evaluations),
        steps=tuple(item.step for item in evaluations),
        seconds=tuple(itertools.accumulate(item.seconds for item in evaluations)),
        metrics={
            **columns,
            **{name: tuple(item.metrics.get(name) for item in evaluations) for name in others},
        },
    )


def _traceback(folder: TrialFolder) -> str | None:
    try:
        return read_end(folder.traceback, LONGEST_TRACEBACK).strip()
    except OSError:
        return None


def improvements(trials: Sequence[TrialResult]) -> Iterator[tuple[float, str, Evaluation]]:
    """Yield the best evaluation of each trial in the order of time, after the seconds that all had taken."""
    best = {trial.id: trial.best.evaluation for trial in trials if trial.best is not None}
    made = sorted(
        ((item.time, trial.id, item) for trial in trials for item in trial.evaluations),
        key=lambda found: found[:2],
    )
    spent = 0.0
    for _, name, item in made:
        spent += item.seconds
        if best.get(name) == item.evaluation:
            yield spent, name, item
