"""Opening a sweep's folder."""

from pathlib import Path

from sweepbox.detection.core.errors import SweepError, UsageError
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.metadata import read_metadata


def open_sweep(path: Path) -> SweepFolder:
    """Return the sweep in a folder; SweepError where there is none, or one of a newer format."""
    folder = SweepFolder(path)
    if not folder.exists:
        known = (
            sorted(child.name for child in path.iterdir() if (child / "sweep.yaml").is_file())
            if path.is_dir()
            else []
        )
        hint = (
            f"; sweeps in it: {', '.join(known)}" if known else "; give the folder that `sweepbox sweep` wrote"
        )
        raise SweepError(f"{path}: no sweep here (sweep.yaml is missing){hint}")
    read_metadata(folder)
    return folder


def check_no_trial(directory: Path) -> None:
    """Raise UsageError where a folder is that of a sweep's trial, which is never trained on in place."""
    sweep = SweepFolder(directory.parent.parent)
    if sweep.exists and directory.parent == sweep.trials:
        raise UsageError(
            f"{directory}: is a trial of a sweep, which keeps its length; train on in a new folder, from its "
            f"weights with --from-trial {sweep.path}:{directory.name}"
        )
