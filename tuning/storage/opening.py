"""Opening a sweep's folder."""

from pathlib import Path

from sweepbox.detection.core.errors import SweepError, UsageError
from sweepbox.detection.core.links import check_links
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.metadata import read_metadata


def open_sweep(path: Path, *, is_known: bool = False) -> SweepFolder:
    """Return the sweep in a folder.

    Args:
        path: The folder.
        is_known: Whether it was opened before, so that its symbolic links are known to stay in it.

    Raises:
        SweepError: There is no sweep, or one of a newer format.
        UsageError: A symbolic link in it leads out of it.
    """
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
    if not is_known:
        check_links(path)
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
