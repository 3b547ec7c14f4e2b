"""The lock of a sweep's folder: one process at a time runs a sweep."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sweepbox.detection.core.errors import SweepError

PROBE_S = 0.5
"""How long `hold` waits, in seconds, for processes that only check whether the lock is held."""


@contextmanager
def hold(lock: Path) -> Iterator[None]:
    """Hold a sweep's lock until the block or the process ends.

    Raises:
        SweepError: Another process holds it.
    """
    from filelock import FileLock, Timeout  # not needed by those who only look

    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=PROBE_S, poll_interval=PROBE_S / 5):
            yield
    except Timeout as error:
        raise SweepError(
            f"{lock.parent}: another process runs this sweep; wait for it or end it first"
        ) from error


def is_held(lock: Path) -> bool:
    """Return whether a process on this machine holds a sweep's lock.

    `filelock` can tell only by taking the lock, which needs the right to write; a shared `flock` needs neither.
    """
    try:
        descriptor = os.open(lock, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
