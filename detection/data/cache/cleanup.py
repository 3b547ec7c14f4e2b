"""Removes old files from a cache folder.

Only files with names of the cache are touched. On Linux a process that has mapped a file can still read it
after its removal; a removed file is written again by the next process that needs it.
"""

import re
import shutil
import time
from contextlib import suppress
from pathlib import Path

from sweepbox.detection.core.files import TEMPORARY_PATTERN, target_of_temporary
from sweepbox.detection.data.cache.file_state import last_use_s, remove_marker

UNUSED_S = 30 * 86400.0
"""Files that have not been opened for this long are removed."""
CROWDED_UNUSED_S = 7 * 86400.0
"""The same if all files together exceed their share of the disk."""
SHARE_OF_DISK = 0.5
_CACHE_FILE = re.compile(r"[0-9a-f]{24}\.arrow")


def remove_partial_files(path: Path) -> None:
    """Remove the temporary files of killed writers of `path`; to be called by its only writer."""
    for temporary in path.parent.glob(TEMPORARY_PATTERN):
        if target_of_temporary(temporary) == path:
            with suppress(OSError):
                temporary.unlink()


def remove_unused(folder: Path, *, keep: Path) -> None:
    """Remove files of decoded records that are no longer used, the least recently used first."""
    now = time.time()
    files = [(last_use_s(path), path) for path in _cache_files(folder) if path != keep]
    for used, path in sorted(files):
        limit = CROWDED_UNUSED_S if _is_crowded(folder) else UNUSED_S
        if now - used > limit:
            _remove(path)
    for temporary in folder.glob(TEMPORARY_PATTERN):
        target = target_of_temporary(temporary)
        is_ours = target is not None and _CACHE_FILE.fullmatch(target.name)
        if is_ours and now - last_use_s(temporary) > CROWDED_UNUSED_S:
            _remove(temporary)


def _cache_files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if _CACHE_FILE.fullmatch(path.name)]


def _is_crowded(folder: Path) -> bool:
    """Return whether the files exceed their share of the sum of their size and the free disk space."""
    taken = sum(path.stat().st_size for path in _cache_files(folder))
    return taken > SHARE_OF_DISK * (taken + shutil.disk_usage(folder).free)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
        remove_marker(path)
