"""A small file system of a scene's own, where this process may mount one."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEGABYTES = 64


@contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """Mount a file system in memory until the block ends; yield None where that is not permitted."""
    folder.mkdir(parents=True)
    is_mounted = _runs("mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", folder)
    try:
        yield folder if is_mounted else None
    finally:
        if is_mounted:
            set_unchangeable(folder, is_on=False)
            _runs("umount", "--lazy", folder)
        shutil.rmtree(folder, ignore_errors=True)


def set_unchangeable(folder: Path, *, is_on: bool) -> bool:
    """Let nothing be written, made or removed in a folder, or allow it again; return whether it worked."""
    return _runs("chattr", "-R", "-f", "+i" if is_on else "-i", folder)


def _runs(*command: object) -> bool:
    try:
        ended = subprocess.run(list(map(str, command)), capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return ended.returncode == 0
