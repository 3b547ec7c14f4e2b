"""Which errors end a trial, and which leave it to be resumed since their cause lies outside it."""

import errno
import os
import resource
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.checkpoint.arrays import save_arrays
from sweepbox.detection.core.errors import (
    ConfigError,
    DataError,
    ModelError,
    SweepboxError,
    SweepError,
    TrainingError,
    UnavailableError,
)
from sweepbox.detection.core.files import write_json
from sweepbox.tuning.trial.outside_cause import outside_cause


def raised_from(error: BaseException, cause: BaseException) -> BaseException:
    """Return an error as it is after `raise error from cause`."""
    try:
        raise error from cause
    except BaseException as raised:  # noqa: BLE001 - returned
        return raised


def raised_while(error: BaseException, handled: BaseException) -> BaseException:
    """Return an error as it is when it is raised while another one is handled."""
    try:
        try:
            raise handled
        except BaseException:  # noqa: BLE001 - the next one replaces it
            raise error  # noqa: B904 - without a cause, as it happens
    except BaseException as raised:  # noqa: BLE001 - returned
        return raised


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/disk/weights.npz")
GONE = FileNotFoundError(errno.ENOENT, "No such file or directory", "/records/train.record")

FILE_ERRORS = (
    *("ENOSPC", "EDQUOT", "EROFS", "EIO", "ESTALE", "ENOENT", "ENOTDIR", "EACCES", "EPERM", "ENODEV", "ENXIO"),
    *("ENOTCONN", "EMFILE", "ENFILE", "EFBIG", "ETIMEDOUT", "EHOSTDOWN"),
)
OUTSIDE: dict[str, tuple[BaseException, str]] = {
    **{
        name: (OSError(number, os.strerror(number), "/disk/file"), f"/disk/file: {os.strerror(number)}")
        for name, number in ((name, getattr(errno, name)) for name in FILE_ERRORS)
    },
    "an OSError of text": (OSError("short read"), "short read"),
    "records": (DataError("train.record: the file is missing"), "train.record: the file is missing"),
    "records and their reason": (raised_from(DataError("/records: gone"), GONE), "/records: gone"),
    "the folder": (SweepError("state.json: damaged"), "state.json: damaged"),
    "named as such": (UnavailableError("the disk is away"), "the disk is away"),
    "weights that cannot be read": (
        raised_from(ModelError("w.npz: damaged; name another file"), ValueError("zip")),
        "w.npz: damaged",
    ),
    "a state on a full disk": (
        raised_from(TrainingError("last: damaged"), FULL),
        "/disk/weights.npz: No space",
    ),
    "a failure while a failure is written": (raised_while(KeyError("x"), FULL), "No space left on device"),
    "h5py": (
        RuntimeError("Can't write (errno = 28, No space left on device)"),
        "free some",
    ),
    "pyarrow": (
        RuntimeError("Error writing bytes to file: [errno 5] Input/output error"),
        "Input/output error",
    ),
    "another library": (ValueError("write failed: Read-only file system"), "Read-only file system"),
    "a stale mount": (RuntimeError("read: Stale file handle"), "Stale file handle"),
    "a quota": (RuntimeError("write: Disk quota exceeded"), "free some space"),
}

OWN: dict[str, BaseException] = {
    "the loss": TrainingError("the loss is not finite at step 3"),
    "the config": ConfigError("batch_size: 0 is not positive"),
    "weights that do not fit": ModelError("w.npz: these are weights for depth_multiplier 1.0"),
    "a bug": KeyError("x"),
    "memory": MemoryError(),
    "memory of a device": RuntimeError("OOM when allocating tensor with shape [8, 320, 320, 3]"),
    "another error of our own": SweepboxError("no"),
    "a config while a value is handled": raised_while(ConfigError("no"), ValueError("x")),
}


@pytest.mark.parametrize("kind", OUTSIDE)
def test_a_cause_outside_the_trial_is_named_in_one_line(kind: str) -> None:
    error, expected = OUTSIDE[kind]
    line = outside_cause(error)
    assert line is not None
    assert expected in line
    assert "\n" not in line


@pytest.mark.parametrize("kind", OWN)
def test_the_trials_own_errors_are_not_taken_for_one(kind: str) -> None:
    assert outside_cause(OWN[kind]) is None


@pytest.mark.parametrize(
    "name", ["NotFoundError", "DataLossError", "PermissionDeniedError", "UnavailableError"]
)
def test_tensorflow_without_its_files(name: str) -> None:
    import tensorflow as tf

    assert outside_cause(getattr(tf.errors, name)(None, None, "train.record")) == "train.record"
    assert outside_cause(tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")) is None
    full = tf.errors.ResourceExhaustedError(None, None, "ckpt; No space left on device")
    assert "free some space" in str(outside_cause(full))


def write_state(path: Path) -> None:
    write_json(path / "state.json", {"text": "x" * 10_000})


def write_weights(path: Path) -> None:
    save_arrays({"kernel": np.zeros(10_000)}, path / "weights.npz")


def write_hdf5(path: Path) -> None:
    import h5py

    with h5py.File(path / "w.h5", "w") as file:
        file["kernel"] = np.random.default_rng(0).random(100_000)


def write_arrow(path: Path) -> None:
    import pyarrow

    with pyarrow.OSFile(str(path / "a.arrow"), "wb") as file:
        file.write(b"x" * 100_000)


@pytest.mark.parametrize("write", [write_state, write_weights, write_hdf5, write_arrow])
def test_a_file_that_cannot_grow_is_such_a_cause(tmp_path: Path, write: Callable[[Path], None]) -> None:
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(Exception) as error:
            write(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert outside_cause(error.value) is not None
