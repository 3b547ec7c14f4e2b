"""Reads regular files of bounded size: no pipe, device or folder, and nothing that fills the memory."""

import os
import stat
from pathlib import Path

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.limits import Limit

_KINDS = {
    stat.S_ISFIFO: "a named pipe",
    stat.S_ISDIR: "a folder",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
    stat.S_ISSOCK: "a socket",
}


def read_regular(path: Path, limit: Limit) -> bytes:
    """Return the bytes of a regular file.

    Raises:
        DataError: It is missing, cannot be read, is no regular file or is larger than the limit.
    """
    try:
        _check_kind(path, path.stat().st_mode)
        # A pipe that has replaced the file since then must not block.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            _check_kind(path, status.st_mode)
            data = b"" if status.st_size > limit.value else file.read(limit.value + 1)
    except OSError as error:
        raise DataError(
            f"{path}: it cannot be read ({error.strerror or error}); repair or remove it"
        ) from error
    size = max(status.st_size, len(data))
    if size > limit.value:
        raise DataError(f"{path}: {limit.excess(size)}")
    return data


def _check_kind(path: Path, mode: int) -> None:
    """Raise DataError unless the mode is that of a regular file."""
    if not stat.S_ISREG(mode):
        kind = next((name for is_kind, name in _KINDS.items() if is_kind(mode)), "no regular file")
        raise DataError(f"{path}: it is {kind}; only regular files are read: remove it")
