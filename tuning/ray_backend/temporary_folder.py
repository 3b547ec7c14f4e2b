"""Temporary folders of a sweep's process: private, and removed when it has ended, killed ones' by the next."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sweepbox.detection.core.errors import SweepError

PREFIX = "sbr-"
PARENT_VARIABLE = "RAY_TMPDIR"
"""The environment variable by which Ray is told where its temporary files go."""
FALLBACK = Path("/tmp")  # noqa: S108 - a folder with a random name is made in it, for its owner alone
LOCK = "lock"
RAY = "r"
"""The folder within the private one that Ray gets: Ray opens the folders that it makes to all users."""
EMPTY = "empty"

LONGEST_SOCKET_BYTES = 107
SOCKET_IN_FOLDER = "/session_2026-01-31_23-59-59_123456_4194304/sockets/plasma_store.0"
"""The longest path that Ray appends to its temporary folder for a socket."""


@contextmanager
def private_folder() -> Iterator[Path]:
    """Yield a new folder for a Ray of this process that only its owner can open; it is removed at the end.

    Raises:
        SweepError: There is no folder for it that is writable and whose path is short enough for sockets.
    """
    with _kept(_new_folder()) as folder, _default_for_processes(folder):
        yield folder / RAY


@contextmanager
def empty_folder() -> Iterator[Path]:
    """Yield an empty folder; it is removed at the end."""
    with _kept(Path(tempfile.mkdtemp(prefix=PREFIX))) as folder:
        empty = folder / EMPTY
        empty.mkdir()
        yield empty


@contextmanager
def _kept(folder: Path) -> Iterator[Path]:
    """Keep a new folder until the end of the block; remove those that killed processes of this user left."""
    try:
        with _locked(folder / LOCK):
            _remove_abandoned(folder.parent)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _new_folder() -> Path:
    """Make the folder where the user wants Ray's files, or else in the first of the usual places that fits."""
    chosen = os.environ.get(PARENT_VARIABLE)
    parents = [Path(chosen)] if chosen else [Path(tempfile.gettempdir()), FALLBACK]
    for parent in parents:
        if _room_for_socket(parent) and os.access(parent, os.W_OK | os.X_OK):
            return Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    raise SweepError(
        f"Ray needs a writable temporary folder whose path has at most {_longest_parent()} bytes, since the "
        f"paths of sockets are limited; got {' and '.join(map(str, parents))}; set {PARENT_VARIABLE} to such a "
        "folder"
    )


def _room_for_socket(parent: Path) -> bool:
    return len(os.fsencode(parent.absolute())) <= _longest_parent()


def _longest_parent() -> int:
    """Return the most bytes that the path of the parent folder may have."""
    return LONGEST_SOCKET_BYTES - len(f"/{PREFIX}12345678/{RAY}{SOCKET_IN_FOLDER}")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that ends with this process, however it ends."""
    unnamed = path.with_name(f"{path.name}.new")
    with unnamed.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        unnamed.rename(path)  # now, so that no other process ever finds it unlocked
        yield


@contextmanager
def _default_for_processes(folder: Path) -> Iterator[None]:
    """Make the folder the default of Ray's processes, some of which do not use the one that Ray was given."""
    before = os.environ.get(PARENT_VARIABLE)
    os.environ[PARENT_VARIABLE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[PARENT_VARIABLE]
        else:
            os.environ[PARENT_VARIABLE] = before


def _remove_abandoned(parent: Path) -> None:
    """Remove the folders whose processes are gone."""
    for folder in parent.glob(f"{PREFIX}*"):
        if _is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    """Return whether a folder is the user's own and no process holds its lock; a new one has no lock yet."""
    try:
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return False
        with (folder / LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
