"""Reading a sweep's folder, while the sweep runs, after it or after a crash."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.metadata import read_metadata
from sweepbox.tuning.storage.opening import open_sweep
from sweepbox.tuning.storage.remote.content import have_content
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.storage.winner_record import read_winner
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.sweep.trial_result import TrialResult, read_trial


def read_trials(folder: SweepFolder, objective: Objective) -> list[TrialResult]:
    """Return all trials of a sweep, in the order of their ids; SweepError where one is damaged."""
    return [read_trial(trial, objective) for trial in folder.trial_folders()]


def read_sweep(
    folder: SweepFolder,
    *,
    is_running: bool | None = None,
    read: Callable[[SweepFolder, Objective], list[TrialResult]] = read_trials,
) -> SweepState:
    """Return the state of a sweep as its folder has it; a trial whose process died counts as interrupted.

    Whether a process runs the sweep is found out where `is_running` does not say it; `read` reads the trials.
    """
    spec = load_spec(folder.spec)
    objective = Objective.of(spec.objective)
    running = folder.is_running() if is_running is None else is_running
    trials = read(folder, objective)
    if not running:
        trials = [_interrupted(trial) for trial in trials]
    sessions = read_metadata(folder).sessions
    ended_by = sessions[-1].ended_by if sessions and not running else None
    return SweepState(folder, spec, objective, running, tuple(trials), ended_by, read_winner(folder))


def load_sweep(path: Path) -> SweepState:
    """Return the state of the sweep in a folder; SweepError where there is none."""
    return read_sweep(open_sweep(path))


def best_checkpoint(path: Path) -> Path:
    """Return the checkpoint folder of the sweep's winner; SweepError while there is none.

    That is the confirmed winner where the sweep has confirmed one, else the search's best evaluation.
    """
    state = load_sweep(path)
    if state.best is None:
        raise SweepError(f"{path}: no checkpoint yet: no trial has been evaluated; wait, or resume the sweep")
    confirmed = state.confirmed_winner
    trial_id = state.best.trial if confirmed is None else confirmed.trial
    checkpoint = state.folder.trial(trial_id).best
    if not checkpoint.is_dir():
        raise SweepError(f"{checkpoint}: the winner's checkpoint is missing; restore it or run the sweep again")
    have_content(checkpoint)
    return checkpoint


def _interrupted(trial: TrialResult) -> TrialResult:
    if trial.state is not TrialState.RUNNING:
        return trial
    return replace(trial, status=replace(trial.status, state=TrialState.INTERRUPTED))
