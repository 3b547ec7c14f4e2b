"""Atomic writing of files and folders: they appear complete or not at all."""

import ctypes
import hashlib
import json
import os
import re
import shutil
import tempfile
import uuid
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

StrPath = str | os.PathLike[str]
"""A path as public functions take it."""

TEMPORARY_PATTERN = ".*.tmp"
"""Glob pattern of the hidden files and folders that a killed process may leave behind."""

_PATTERN_CHARACTERS = set("*?[]{}\\")

_WORKING_DIRECTORY = -100
_EXCHANGE = 2
"""`AT_FDCWD` and `RENAME_EXCHANGE` of Linux' renameat2(2)."""


def hidden_sibling(path: Path) -> Path:
    """Return a new hidden path beside `path`, on the same file system; it matches `TEMPORARY_PATTERN`."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")


def target_of_temporary(path: Path) -> Path | None:
    """Return the path that a hidden sibling would have replaced; None if `path` is no hidden sibling."""
    match = re.fullmatch(r"\.(.+)\.[0-9a-f]{8}\.tmp", path.name)
    return path.with_name(match[1]) if match else None


def remove_temporary_folders(directory: Path) -> None:
    """Remove the temporary folders that killed processes left in `directory`.

    Temporary files stay, which are small: another process may be writing one.
    """
    for path in directory.glob(TEMPORARY_PATTERN):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)


def remove_and_measure(path: Path) -> int:
    """Remove a file or a folder, where it is there, and return the bytes that this frees.

    A file that also has another name on the disk frees nothing.
    """
    files = [path] if path.is_file() else [item for item in path.rglob("*") if item.is_file()]
    size = sum(status.st_size for file in files if (status := file.lstat()).st_nlink == 1)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    return size


class PlainPath:
    """Another name for a path, for libraries that read `*`, `?`, `[`, `{` or a backslash as a pattern.

    It is a symbolic link in a temporary folder, or the path itself where it has no such character.

    Attributes:
        path: The path to give to the library; it exists until `close`, or as long as this object.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._remove: Callable[[], object] | None = None
        if _PATTERN_CHARACTERS & set(str(path)):
            folder = Path(tempfile.mkdtemp(prefix="sweepbox-"))
            self._remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            self.path = folder / "link"
            self.path.symlink_to(path.absolute())

    def close(self) -> None:
        """Remove the link."""
        if self._remove is not None:
            self._remove()


@contextmanager
def atomic_path(path: Path, *, is_durable: bool = True, makes_folder: bool = True) -> Iterator[Path]:
    """Yield a temporary path to write a file to; it replaces `path` when the block ends without an error.

    After an error the temporary file is removed and the old file is unchanged.

    Args:
        path: The file to write.
        is_durable: Flush the content to the disk. Without, a power failure may leave an incomplete file.
        makes_folder: Make the parent folder where it is missing. Without, that is a FileNotFoundError: of a
            folder that has to exist, because its storage may be away, nothing is written where it was.
    """
    if makes_folder:
        path.parent.mkdir(parents=True, exist_ok=True)
    temporary = hidden_sibling(path)
    try:
        yield temporary
        if is_durable:
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        if error.filename is None:  # that of a write, as to a full disk
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_directory(path: Path, *, makes_folder: bool = True) -> Iterator[Path]:
    """Yield an empty folder to fill; it replaces `path` when the block ends without an error.

    An old folder at `path` exists until the new one is complete. Where the system can exchange two folders in
    one step, one of them exists at any moment. After an error the new folder is removed. The parent folder is
    made, unless `makes_folder` says that it has to exist; see `atomic_path`.
    """
    if makes_folder:
        path.parent.mkdir(parents=True, exist_ok=True)
    temporary = hidden_sibling(path)
    temporary.mkdir()
    try:
        yield temporary
        if not path.exists():
            temporary.rename(path)
        elif not _exchange(temporary, path):
            replaced = hidden_sibling(path)
            path.rename(replaced)
            temporary.rename(path)
            _remove_folder(replaced)
    finally:
        _remove_folder(temporary)


def _remove_folder(path: Path) -> None:
    """Remove a folder where it is there; of a symbolic link the link alone."""
    if path.is_symlink():
        path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two paths in one step; return False where the system or the file system cannot."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None:
        return False
    paths = (os.fsencode(first), os.fsencode(second))
    return bool(rename(_WORKING_DIRECTORY, paths[0], _WORKING_DIRECTORY, paths[1], _EXCHANGE) == 0)


def link_or_copy(source: Path, target: Path) -> None:
    """Make `target` a hard link to the file `source`, or a copy where the file system has no hard links."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def write_bytes(path: Path, data: bytes, *, makes_folder: bool = True) -> None:
    """Write `data` to `path` atomically; see `atomic_path` for `makes_folder`."""
    with atomic_path(path, makes_folder=makes_folder) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str, *, makes_folder: bool = True) -> None:
    """Write `text` to `path` atomically, as UTF-8."""
    write_bytes(path, text.encode(), makes_folder=makes_folder)


def write_json(path: Path, value: Any, *, makes_folder: bool = True) -> None:
    """Write `value` to `path` atomically as indented JSON; NaN and infinity are refused with ValueError."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n", makes_folder=makes_folder)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of the file's bytes, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
