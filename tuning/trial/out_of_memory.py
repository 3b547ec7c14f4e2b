"""Whether an error says that memory ran out, of the machine or of its GPU."""

import errno
import os

from sweepbox.detection.core.errors import MemoryForecastError
from sweepbox.tuning.trial.outside_cause import error_chain

SIGNS = ("RESOURCE_EXHAUSTED", "ResourceExhaustedError", "OOM when allocating", "CUDA_ERROR_OUT_OF_MEMORY")
"""What XLA, TensorFlow and CUDA say where they get no memory."""

OF_FILES = tuple(map(os.strerror, (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE)))
"""Errors of files that TensorFlow reports by the same status."""

LONGEST = 300


def memory_cause(error: BaseException) -> str | None:
    """Return one line on the memory that an error says is missing; None where it says something else."""
    return next((line for item in error_chain(error) if (line := _line_of(item)) is not None), None)


def _line_of(error: BaseException) -> str | None:
    if isinstance(error, MemoryForecastError):
        return _short(str(error))
    if isinstance(error, MemoryError):
        return _short(str(error)) or "the process got no more memory"
    if isinstance(error, OSError):
        return _short(str(error)) if error.errno == errno.ENOMEM else None
    text = f"{type(error).__name__}: {error}"
    if any(reason in text for reason in OF_FILES):
        return None
    sign = next((sign for sign in SIGNS if sign in text), None)
    return None if sign is None else _short(next(line for line in text.splitlines() if sign in line))


def _short(text: str) -> str:
    """Return the first line, without the end where it is long."""
    line = (text.splitlines() or [""])[0].strip()
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
