"""Freeing the disk of a sweep of what is needed neither to resume it, nor to export or report."""

from pathlib import Path

from sweepbox.detection.core.files import TEMPORARY_PATTERN, remove_and_measure, target_of_temporary
from sweepbox.tuning.schedule.table import orders_copies
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.opening import open_sweep
from sweepbox.tuning.sweep.reader import read_sweep


def remove_remains(folder: SweepFolder) -> None:
    """Remove the hidden files and folders that killed processes were writing.

    The caller holds the folder, and no trial runs. Only requests to stop are written by other processes at any
    time; what is left of these stays.
    """
    for directory in (folder.path, folder.trials, *(trial.path for trial in folder.trial_folders())):
        for path in directory.glob(TEMPORARY_PATTERN):
            target = target_of_temporary(path)
            if target is not None and target.name != folder.stop_request.name:
                remove_and_measure(path)


def clean_sweep(path: Path) -> int:
    """Remove what a crash or an older version left in a sweep's folder, and return the freed bytes.

    That is the saved state of trials that have ended, folders that killed processes were writing, raw
    predictions of checkpoints, and Ray's own files. Where the stopping rule copies trials, states of ended
    trials are kept: copies may start from them.

    Raises:
        SweepError: There is no sweep, or a process runs it.
    """
    folder = open_sweep(path)
    with folder.held():
        state = read_sweep(folder, is_running=False)
        useless = [folder.ray, folder.predictions]
        for trial in state.trials:
            files = folder.trial(trial.id)
            useless += files.path.glob(TEMPORARY_PATTERN)
            if trial.state.has_ended and not orders_copies(state.spec.scheduler):
                useless.append(files.last)
        return sum(remove_and_measure(item) for item in useless)
