"""What of a sweep's folder goes to a store, in which part, and what objects are called there."""

import re
from pathlib import PurePosixPath

SWEEP, PRECISION, DETECTOR, TRIALS = "sweep", "precision", "detector", "trials"
"""The parts of a sweep: its own files, what a trial measures for all, the winner's detections, each trial."""

LEASE = "driver.json"
MANIFESTS, FILES, CONTROL, DATA = "manifests", "files", "control", "data"
EPOCHS = f"{CONTROL}/epochs"

RECORD_BYTES = 2**20
MANIFEST_BYTES = 64 * 2**20
"""The most that is read of a lease, an epoch or a request, and of a manifest."""

LARGE_FOLDERS = ("best", "last", "tensorboard")
"""The folders of a trial whose files are fetched only by those who need their content."""

LOCAL_FOLDERS = {"ray", "requests", "predictions", "mlflow", "data", "stop"}
_LOCAL_FILE = re.compile(r"study\.sqlite3.*|.*\.(lock|tmp)|\..*")
_TRIAL = re.compile(r"trials/([0-9]{4}|[1-9][0-9]{4,})/(.+)", re.ASCII)
_PART = re.compile(r"sweep|precision|detector|trials/([0-9]{4}|[1-9][0-9]{4,})", re.ASCII)


def part_of(name: str) -> str | None:
    """Return the part that a file belongs to, by its path in the sweep's folder; None where it stays local.

    Local are what Ray and locks need, requests, caches, and the study file, which is written for dashboards.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or path.as_posix() != name or not name.isprintable():
        return None
    if any(_LOCAL_FILE.fullmatch(part) for part in path.parts):
        return None
    trial = _TRIAL.fullmatch(name)
    if trial is not None:
        return None if trial[2] == "stop" else f"{TRIALS}/{trial[1]}"
    if path.parts[0] in LOCAL_FOLDERS or path.parts[0] == TRIALS:
        return None
    if name == "precision.json":
        return PRECISION
    return DETECTOR if name == "detector.json" or path.parts[0] == "thumbnails" else SWEEP


def is_part(text: str) -> bool:
    """Return whether a text names a part."""
    return _PART.fullmatch(text) is not None


def trial_part(trial_id: str) -> str:
    """Return the part of a trial."""
    return f"{TRIALS}/{trial_id}"


def large_folder_of(name: str) -> str | None:
    """Return the folder of a trial whose content is not fetched without need, of a file in it; else None."""
    trial = _TRIAL.fullmatch(name)
    first = None if trial is None else PurePosixPath(trial[2]).parts[0]
    return f"{TRIALS}/{trial[1]}/{first}" if trial is not None and first in LARGE_FOLDERS else None
