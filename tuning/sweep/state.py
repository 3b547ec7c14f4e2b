"""How a sweep stands: read from its folder alone, while it runs, after it, or after a crash."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweepbox.detection.config.difference import Change
from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.budget.forecast import estimate_time_left
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.objective.ranking import Candidate, best_of
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.folder import SweepFolder, TrialFolder, open_sweep
from sweepbox.tuning.storage.trial_record import (
    Evaluation,
    TrialState,
    TrialStatus,
    read_changes,
    read_evaluations,
    read_status,
)
from sweepbox.tuning.trial.best_evaluation import best_evaluation
from sweepbox.tuning.trial.throughput import Pace, pace_of


@dataclass(frozen=True)
class TrialResult:
    """One trial: its status, what its config changes, its evaluations and the best of them."""

    id: str
    status: TrialStatus
    state: TrialState
    changes: tuple[Change, ...]
    evaluations: tuple[Evaluation, ...]
    best: Evaluation | None

    @property
    def seconds(self) -> float:
        """The time spent on the trial so far."""
        return self.status.seconds

    @property
    def pace(self) -> Pace:
        """How fast the trial trained and where its time went."""
        return pace_of(self.evaluations)


@dataclass(frozen=True)
class Best:
    """The winner so far: trial, its evaluation, the objective's metric with its value, all metrics."""

    trial: str
    evaluation: int
    step: int
    metric: str
    value: float
    floors_reached: bool
    metrics: Mapping[str, float]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "trial": self.trial,
            "iteration": self.evaluation,
            "step": self.step,
            "metric": self.metric,
            "value": self.value,
            "floors_reached": self.floors_reached,
            "metrics": dict(self.metrics),
        }


@dataclass(frozen=True)
class SweepState:
    """A whole sweep as its folder shows it."""

    folder: SweepFolder
    spec: SweepSpec
    objective: Objective
    running: bool
    trials: tuple[TrialResult, ...]
    best: Best | None

    def count(self, *states: TrialState) -> int:
        """Return the number of trials in any of `states`."""
        return sum(trial.state in states for trial in self.trials)

    @property
    def ended(self) -> int:
        """The number of trials that have ended."""
        return sum(trial.state.has_ended for trial in self.trials)

    def trial(self, trial_id: str) -> TrialResult:
        """Return one trial; SweepError where the sweep has no such trial."""
        for trial in self.trials:
            if trial.id == trial_id:
                return trial
        raise SweepError(
            f"{self.folder.path}: no trial {trial_id}; give one of {', '.join(t.id for t in self.trials)}"
        )

    def time_left_s(self, *, concurrency: int, budget_left_s: float | None = None) -> float | None:
        """Return the seconds until the sweep ends, estimated from the trials so far."""
        own = [trial for trial in self.trials if trial.evaluations and not trial.status.duplicate_of]
        evaluations = sum(len(trial.evaluations) for trial in own)
        ended = [len(trial.evaluations) for trial in own if trial.state.has_ended]
        full = max((trial.status.total_evaluations for trial in self.trials), default=1)
        active = [trial for trial in self.trials if not trial.state.has_ended]
        expected = sum(ended) / len(ended) if ended else full
        return estimate_time_left(
            seconds_per_evaluation=sum(trial.seconds for trial in own) / evaluations if evaluations else None,
            evaluations_per_trial=expected,
            trials_to_start=max(self.spec.trials - len(self.trials), 0),
            evaluations_of_running=sum(max(expected - len(trial.evaluations), 1) for trial in active),
            concurrency=concurrency,
            budget_left_s=budget_left_s,
        )

    def to_json(self) -> dict[str, Any]:
        """Return what `sweepbox status --json` prints."""
        return {
            "name": self.spec.name,
            "running": self.running,
            "planned": self.spec.trials,
            "trials": [_trial_json(trial) for trial in self.trials],
            "best": None if self.best is None else self.best.to_json(),
        }


class SweepReader:
    """Reads a sweep's folder again and again; the folders of ended trials are read once."""

    def __init__(self, folder: SweepFolder) -> None:
        """Take a sweep's folder."""
        self._folder = folder
        self._ended: dict[str, TrialResult] = {}

    def read(self) -> SweepState:
        """Return how the sweep stands now."""
        spec = load_spec(self._folder.spec)
        objective = Objective.of(spec.objective)
        running = self._folder.is_running()
        trials = tuple(
            self._trial(folder, objective, running=running) for folder in self._folder.trial_folders()
        )
        return SweepState(self._folder, spec, objective, running, trials, _best(trials, objective))

    def _trial(self, folder: TrialFolder, objective: Objective, *, running: bool) -> TrialResult:
        if folder.id not in self._ended:
            trial = _read_trial(folder, objective, running=running)
            if not trial.state.has_ended:
                return trial
            self._ended[folder.id] = trial
        return self._ended[folder.id]


def load_sweep(path: Path) -> SweepState:
    """Return how the sweep in a folder stands; SweepError where there is none."""
    return SweepReader(open_sweep(path)).read()


def best_checkpoint(path: Path) -> Path:
    """Return the checkpoint folder of the sweep's best evaluation; SweepError while there is none."""
    state = load_sweep(path)
    if state.best is None:
        raise SweepError(f"{path}: no checkpoint yet: no trial has been evaluated; wait, or resume the sweep")
    checkpoint = state.folder.trial(state.best.trial).best
    if not checkpoint.is_dir():
        raise SweepError(f"{checkpoint}: the winner's checkpoint is missing; restore it or run the sweep again")
    return checkpoint


def _read_trial(folder: TrialFolder, objective: Objective, *, running: bool) -> TrialResult:
    status = read_status(folder)
    evaluations = read_evaluations(folder)
    state = TrialState.INTERRUPTED if status.state is TrialState.RUNNING and not running else status.state
    best = best_evaluation(folder.id, evaluations, objective)
    return TrialResult(folder.id, status, state, read_changes(folder), evaluations, best)


def _best(trials: tuple[TrialResult, ...], objective: Objective) -> Best | None:
    own = [trial for trial in trials if trial.best is not None and trial.status.duplicate_of is None]
    bests = {trial.id: trial.best for trial in own if trial.best is not None}
    winner = best_of((Candidate(id_, item.evaluation, item.metrics) for id_, item in bests.items()), objective)
    if winner is None:
        return None
    return Best(
        trial=winner.trial,
        evaluation=winner.evaluation,
        step=bests[winner.trial].step,
        metric=objective.metric,
        value=objective.value(winner.metrics),
        floors_reached=objective.shortfall(winner.metrics) == 0,
        metrics=winner.metrics,
    )


def _trial_json(trial: TrialResult) -> dict[str, Any]:
    pace = trial.pace
    return {
        "id": trial.id,
        "state": str(trial.state),
        "iterations": len(trial.evaluations),
        "step": trial.status.step,
        "metrics": dict(trial.best.metrics) if trial.best else {},
        "best_iteration": trial.best.evaluation if trial.best else None,
        "last_metrics": dict(trial.evaluations[-1].metrics) if trial.evaluations else {},
        "changes": {change.path: change.after for change in trial.changes},
        "parameters": dict(trial.status.parameters),
        "seconds": round(trial.seconds, 1),
        "evaluation_s": pace.evaluation_s,
        "images_per_s": pace.images_per_s,
        "input_wait_fraction": pace.input_wait_fraction,
        "duplicate_of": trial.status.duplicate_of,
        "error": trial.status.error,
    }
