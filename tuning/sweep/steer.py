"""Steering a sweep from outside its process: adding points, and ending the sweep or one of its trials."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sweepbox.detection.config.edits import Edit
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.files import write_text
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.spec.schema import Scalar
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.opening import open_sweep
from sweepbox.tuning.storage.remote.reader import pass_requests_on
from sweepbox.tuning.storage.requests import PointRequest, request_point
from sweepbox.tuning.storage.trial_record import TrialState, read_status, write_status
from sweepbox.tuning.sweep.start_from import point_problems

BY_REQUEST = "a request to stop"


def add_point(path: Path, settings: Sequence[Edit]) -> PointRequest:
    """Ask a sweep to try a point, before further suggestions and beyond its number of trials.

    Args:
        path: The sweep's folder.
        settings: The settings of the point; all others are the base config's.

    Raises:
        SweepError: There is no sweep, no setting is given, one is given twice, or the config refuses them; all
            problems are listed.
    """
    folder = open_sweep(path)
    point: dict[str, Scalar] = {}
    problems = []
    for edit in settings:
        if edit.value is None:
            problems.append(f"{edit.path}: a point cannot clear a field; give a value")
        elif edit.path in point:
            problems.append(f"{edit.path}: is given twice; give one value")
        else:
            point[edit.path] = edit.value
    if not settings:
        problems.append("no setting is given; give at least one: --set learning_rate=0.01")
    problems = problems or point_problems(point, load_spec(folder.spec), load_config(folder.base_config))
    if problems:
        raise SweepError("\n".join(problems))
    request = request_point(folder, point)
    pass_requests_on(folder.path)
    return request


def stop_sweep(path: Path) -> SweepFolder:
    """Ask all trials of a sweep to save their state and end, on whatever machine; the sweep can be resumed.

    A request to a sweep that does not run has no effect.
    """
    folder = open_sweep(path)
    folder.request_stop(BY_REQUEST)
    pass_requests_on(folder.path)
    return folder


def stop_trial(path: Path, trial_id: str) -> SweepFolder:
    """Ask one trial to end early; one that does not run ends when the sweep next runs or hands it out.

    SweepError where there is no such trial, or it has ended.
    """
    folder = open_sweep(path)
    trial = folder.trial(trial_id)
    known = [other.id for other in folder.trial_folders()]
    if trial_id not in known:
        raise SweepError(f"{path}: no trial {trial_id}; give one of {', '.join(known) or 'none so far'}")
    state = read_status(trial).state
    if state.has_ended:
        raise SweepError(
            f"{trial.path}: the trial has ended ({state.replace('_', ' ')}); there is nothing to stop"
        )
    write_text(trial.stop_request, BY_REQUEST + "\n", makes_folder=False)
    pass_requests_on(folder.path)
    return folder


def end_requested_trials(folder: SweepFolder) -> None:
    """End the trials that were asked to while the sweep did not run."""
    for trial in folder.trial_folders():
        if not trial.stop_request.exists():
            continue
        status = read_status(trial)
        if not status.state.has_ended:
            ended = replace(status, state=TrialState.STOPPED_EARLY, ended=time.time(), stopped_by_request=True)
            write_status(trial, ended)
        trial.stop_request.unlink(missing_ok=True)
