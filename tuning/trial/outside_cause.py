"""Whether an error of a trial has a cause outside it: its data, weights, files or disk, not its settings."""

import errno
import os
from collections.abc import Iterator

from sweepbox.detection.core.errors import ConfigError, DataError, ModelError, SweepError, TrainingError

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
STORAGE_FAULTS = (*DISK_FULL, errno.EROFS, errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.ENODEV, errno.ENXIO)
"""Errors of storage, which libraries pass on as text alone."""

FILE_ERRORS_OF_TENSORFLOW = (
    "DataLossError",
    "NotFoundError",
    "PermissionDeniedError",
    "UnavailableError",
)
"""What TensorFlow raises where it cannot read or write a file."""


def outside_cause(error: BaseException) -> str | None:
    """Return one line on the cause outside the trial; None where the trial's own settings may be the cause.

    Outside are errors of files and disks of every kind, damaged or missing records of the sweep, and weights
    that cannot be read; weights that do not fit a trial's network are its own.
    """
    chain = list(error_chain(error))
    return next((line for item in chain if (line := _line_of(item)) is not None), None)


def _line_of(error: BaseException) -> str | None:
    """Return the line of one error, whatever it was raised from."""
    if isinstance(error, OSError):
        return _line_of_os_error(error)
    if isinstance(error, DataError | SweepError):
        return _first_line(error)
    if isinstance(error, ModelError) and error.__cause__ is not None:
        return _first_line(error)  # the file cannot be read; weights that do not fit have no other cause
    if isinstance(error, ConfigError | ModelError | TrainingError):
        return None
    text = str(error)
    fault = next((number for number in STORAGE_FAULTS if os.strerror(number) in text), None)
    if fault is not None:
        return _first_line(error) + _remedy(fault)
    is_tensorflow = type(error).__module__.partition(".")[0] == "tensorflow"
    return _first_line(error) if is_tensorflow and type(error).__name__ in FILE_ERRORS_OF_TENSORFLOW else None


def _line_of_os_error(error: OSError) -> str:
    reason = error.strerror or _first_line(error)
    place = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
    return f"{place}{reason}{_remedy(error.errno)}"


def _remedy(number: int | None) -> str:
    return "; free some space" if number in DISK_FULL else ""


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def error_chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that it was raised from, or while which it was raised."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
