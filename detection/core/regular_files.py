"""Reads regular files of bounded size: no pipe, device or folder, and nothing that fills the memory."""

import errno
import os
import stat
from pathlib import Path

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.limits import Limit

_CHUNK_BYTES = 2**20
_KINDS = {
    stat.S_ISFIFO: "a named pipe",
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
        return read_limited(path, limit)
    except IsADirectoryError:
        raise DataError(f"{path}: it is a folder; only regular files are read: remove it") from None
    except OSError as error:
        raise DataError(
            f"{path}: it cannot be read ({error.strerror or error}); repair or remove it"
        ) from error
    except ValueError as error:
        raise DataError(f"{path}: {error}") from error


def read_limited(path: Path, limit: Limit) -> bytes:
    """Return the bytes of a regular file.

    Raises:
        OSError: It is missing, is a folder or cannot be read.
        ValueError: It is no regular file or is larger than the limit; the reason without the file's name.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    _check_kind(mode)
    # A pipe that has replaced the file since then must not block.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        status = os.fstat(descriptor)
        _check_kind(status.st_mode)
        most = limit.value
        data = b"" if status.st_size > most else _read(descriptor, status.st_size, most + 1)
    finally:
        os.close(descriptor)
    size = max(status.st_size, len(data))
    if size > most:
        raise ValueError(limit.excess(size))
    return data


def _read(descriptor: int, size: int, most: int) -> bytes:
    """Return what a file holds, at most `most` bytes; `size` is what it is said to have."""
    data = os.read(descriptor, min(size + 1, most))
    if len(data) == size:
        return data  # of a short file at once: a sweep has thousands
    parts, left = [data], most - len(data)
    while left and (part := os.read(descriptor, min(left, _CHUNK_BYTES))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def read_end(path: Path, most: int) -> str:
    """Return the last `most` bytes of a regular file as text, whatever they are; OSError if it has none."""
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, "it is no regular file", str(path))
    with path.open("rb") as file:
        file.seek(max(os.fstat(file.fileno()).st_size - most, 0))
        return file.read(most).decode(errors="replace")


def _check_kind(mode: int) -> None:
    """Raise ValueError unless the mode is that of a regular file."""
    if not stat.S_ISREG(mode):
        kind = next((name for is_kind, name in _KINDS.items() if is_kind(mode)), "no regular file")
        raise ValueError(f"it is {kind}; only regular files are read: remove it")
