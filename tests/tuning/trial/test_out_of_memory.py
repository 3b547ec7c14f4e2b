"""Errors that say that memory ran out, told apart from those of files."""

import errno
import os

import numpy as np
import pytest

from sweepbox.detection.core.errors import ConfigError, DataError, MemoryForecastError
from sweepbox.tuning.trial.out_of_memory import memory_cause

IMPOSSIBLE = 1 << 58
XLA = "RESOURCE_EXHAUSTED: Out of memory allocating 70368744177664 bytes."


class XlaError(RuntimeError):
    """Stands for errors of frameworks, whose classes are not there before the framework is loaded."""


def caused_by(error: BaseException) -> DataError:
    try:
        raise DataError("no batch") from error
    except DataError as raised:
        return raised


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (XlaError(f"{XLA}\nmore"), XLA),
        (XlaError("OOM when allocating tensor with shape[9]"), "OOM when allocating tensor"),
        (XlaError("INTERNAL: CUDA_ERROR_OUT_OF_MEMORY: out of memory"), "CUDA_ERROR_OUT_OF_MEMORY"),
        (MemoryError(), "the process got no more memory"),
        (OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)), "Cannot allocate memory"),
        (MemoryForecastError("training takes about 7 GB"), "training takes about 7 GB"),
        (caused_by(MemoryError("no 4 GiB")), "no 4 GiB"),
        (XlaError(f"x: RESOURCE_EXHAUSTED: a/b; {os.strerror(errno.ENOSPC)}"), None),
        (XlaError(f"x: RESOURCE_EXHAUSTED: a/b; {os.strerror(errno.EMFILE)}"), None),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), None),
        (ConfigError("batch_size = 0"), None),
        (XlaError("INVALID_ARGUMENT: shapes"), None),
    ],
)
def test_missing_memory_is_told_from_other_errors(error: BaseException, told: str | None) -> None:
    line = memory_cause(error)
    assert line is None if told is None else told in str(line)


def test_what_numpy_raises_is_told() -> None:
    with pytest.raises(MemoryError) as raised:
        np.empty(IMPOSSIBLE)
    assert "Unable to allocate" in str(memory_cause(raised.value))


def test_what_tensorflow_raises_is_told() -> None:
    import tensorflow as tf

    with pytest.raises(tf.errors.ResourceExhaustedError) as raised:
        tf.zeros([IMPOSSIBLE])
    line = str(memory_cause(raised.value))
    assert "OOM when allocating" in line
    assert len(line) <= 300
