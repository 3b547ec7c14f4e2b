"""Old files in a folder of decoded records: which of them go, and when.

Only files that the cache itself has named are looked at. On Linux a file that a process has mapped stays
readable for it after its removal; a removed one is written again by whoever needs it next.
"""

import re
import shutil
import time
from contextlib import suppress
from pathlib import Path

from sweepbox.detection.core.files import TEMPORARY_PATTERN, target_of_temporary
from sweepbox.detection.data.cache.file_state import forget, last_use_s

UNUSED_S = 30 * 86400.0
"""A file that no process has opened for this long is removed."""
CROWDED_UNUSED_S = 7 * 86400.0
"""So long where all files together take more than their share of the disk."""
SHARE_OF_DISK = 0.5
_CACHE_FILE = re.compile(r"[0-9a-f]{24}\.arrow")


def remove_torn(path: Path) -> None:
    """Remove what killed writers of `path` have left; to be called by its only writer."""
    for torn in path.parent.glob(TEMPORARY_PATTERN):
        if target_of_temporary(torn) == path:
            with suppress(OSError):
                torn.unlink()


def remove_unused(folder: Path, *, keep: Path) -> None:
    """Remove files of decoded records that are no longer used, the one unused for longest first."""
    now = time.time()
    files = [(last_use_s(path), path) for path in _cache_files(folder) if path != keep]
    for used, path in sorted(files):
        limit = CROWDED_UNUSED_S if _is_crowded(folder) else UNUSED_S
        if now - used > limit:
            _remove(path)
    for torn in folder.glob(TEMPORARY_PATTERN):
        made = target_of_temporary(torn)
        is_ours = made is not None and _CACHE_FILE.fullmatch(made.name)
        if is_ours and now - last_use_s(torn) > CROWDED_UNUSED_S:
            _remove(torn)


def _cache_files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if _CACHE_FILE.fullmatch(path.name)]


def _is_crowded(folder: Path) -> bool:
    """Return whether the files take more than their share of what they and the free disk are together."""
    taken = sum(path.stat().st_size for path in _cache_files(folder))
    return taken > SHARE_OF_DISK * (taken + shutil.disk_usage(folder).free)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
        forget(path)
