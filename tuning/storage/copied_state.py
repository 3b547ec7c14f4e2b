"""Copying the state that a trial saved to continue from, while the trial may save the next one."""

import shutil
from pathlib import Path

from sweepbox.detection.core.files import link_or_copy

ATTEMPTS = 10


def copy_state(source: Path, target: Path) -> bool:
    """Copy a folder of a saved state, as hard links where that works; return False where there is none.

    A trial replaces its state as a whole, so a copy during which the folder was replaced is made again.

    Raises:
        OSError: The state was replaced during every attempt, or cannot be read or written.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            before = _identity(source)
        except FileNotFoundError:
            return False
        try:
            shutil.copytree(source, target, copy_function=_copy_file)
            if _identity(source) == before:
                return True
        except (FileNotFoundError, shutil.Error):
            if attempt == ATTEMPTS:
                raise
        shutil.rmtree(target, ignore_errors=True)
    raise OSError(f"{source}: was replaced during each of {ATTEMPTS} attempts to copy it")


def _identity(folder: Path) -> tuple[int, int]:
    """Return what tells a folder from one that takes its place; the number alone may be used again."""
    status = folder.stat()
    return status.st_ino, status.st_mtime_ns


def _copy_file(source: str, target: str) -> str:
    link_or_copy(Path(source), Path(target))
    return target
