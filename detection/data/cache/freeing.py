"""Frees the disk that a cache folder takes, except for files that a process uses now."""

import re
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.files import remove_and_measure
from sweepbox.detection.core.remote.fetched import free_fetched
from sweepbox.detection.data.cache.file_state import remove_marker
from sweepbox.detection.data.cache.open import CACHE_FOLDER

_CACHED = re.compile(r"[0-9a-f]{24}\.arrow|weights-[0-9a-f]{24}\.bin")
_PROCESSES = Path("/proc")


def free_cache(data: Path) -> int:
    """Remove decoded images and initial weights that no process of this machine uses; return the freed bytes.

    Args:
        data: The cache folder, or the folder of records that has it.

    Raises:
        DataError: There is no such folder.
    """
    if not data.is_dir():
        raise DataError(f"{data}: there is no such folder; give the folder of records, or its {CACHE_FOLDER}")
    folder = data / CACHE_FOLDER if (data / CACHE_FOLDER).is_dir() else data
    used = _mapped_files()
    files = [path for path in sorted(folder.iterdir()) if _CACHED.fullmatch(path.name)]
    return sum(_free(path) for path in files if str(path.resolve()) not in used)


def free_fetched_files() -> int:
    """Remove what this machine has fetched from URIs and no process uses now; return the freed bytes.

    The next run that needs it fetches it again.
    """
    return free_fetched(used=_mapped_files() | _open_files())


def _free(path: Path) -> int:
    """Remove a file, unless a process writes or verifies it; return the freed bytes."""
    try:
        with FileLock(path.with_suffix(".lock"), timeout=0):
            freed = remove_and_measure(path)
            remove_marker(path)
    except Timeout:
        return 0
    path.with_suffix(".lock").unlink(missing_ok=True)
    return freed


def _mapped_files() -> set[str]:
    """Return the files that processes of this machine have mapped, as far as they can be seen."""
    mapped: set[str] = set()
    for maps in _PROCESSES.glob("[0-9]*/maps"):
        with suppress(OSError):
            lines = maps.read_text(errors="replace").splitlines()
            mapped.update(line.split(maxsplit=5)[5] for line in lines if line.count("/"))
    return mapped


def _open_files() -> set[str]:
    """Return the files that processes of this machine have open, as far as they can be seen."""
    found: set[str] = set()
    for folder in _PROCESSES.glob("[0-9]*/fd"):
        with suppress(OSError):
            for descriptor in folder.iterdir():
                with suppress(OSError):
                    found.add(str(descriptor.readlink()))
    return found
