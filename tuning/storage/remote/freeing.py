"""Frees the disk that mirrors of sweeps on stores take on this machine."""

import shutil
import time
from pathlib import Path

from filelock import FileLock, Timeout

from sweepbox.detection.core.files import remove_and_measure
from sweepbox.detection.core.machine_cache import machine_cache
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.remote.place import FOLDER, LOCK, MIRRORS, Role

UNUSED_S = 86400.0
"""A mirror of a worker counts as in use until nothing in it has changed for so many seconds."""


def free_mirrors() -> int:
    """Remove the mirrors that no process of this machine uses, and return the freed bytes.

    All that they hold is on the stores, or is made again when the sweep is resumed.
    """
    roots = sorted(path for path in (machine_cache() / MIRRORS).glob("*/*") if path.is_dir())
    return sum(_free(root) for root in roots)


def _free(root: Path) -> int:
    folder = SweepFolder(root / FOLDER)
    is_of_worker = root.name.startswith(Role.TRIALS)
    if folder.is_running() or (is_of_worker and time.time() - _last_change(root) < UNUSED_S):
        return 0
    try:
        with FileLock(root / LOCK, timeout=0):
            freed = sum(remove_and_measure(path) for path in root.iterdir() if path.name != LOCK)
    except Timeout:
        return 0
    shutil.rmtree(root, ignore_errors=True)
    return freed


def _last_change(root: Path) -> float:
    return max(path.lstat().st_mtime for path in (root, *root.rglob("*")))
