"""Files that a machine has fetched from a store: once, checked, and again where they have changed."""

import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from filelock import FileLock, Timeout

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.files import remove_and_measure, sha256_of, write_json
from sweepbox.detection.core.machine_cache import VARIABLE, machine_cache
from sweepbox.detection.core.remote.location import Location

logger = logging.getLogger(__name__)

RECORD = ".fetched.json"
"""The file, written last, that lists the complete files of a folder."""
ATTEMPTS = 3
THREADS = 8
UNUSED_S = 30 * 86400.0
"""Folders that have not been used for this long are removed when another one is fetched."""


@dataclass(frozen=True)
class WantedFile:
    """A file to fetch.

    Attributes:
        name: Its path below the location, with slashes, and below the local folder.
        size: Its bytes; None where unknown.
        sha256: The hash of its content; None where unknown, then `version` tells one content from another.
        version: What differs where the content does, such as the time of its change.
    """

    name: str
    size: int | None = None
    sha256: str | None = None
    version: str = ""


def fetched_folder(
    source: Location, files: Sequence[WantedFile], *, asked: Location | None = None, name: str = ""
) -> Path:
    """Return a local folder with files of a location, which the first process of the machine fetches.

    Other processes wait for it. A file that is complete is not fetched again, also where another process was
    killed while it fetched. The folder is named by the hashes of the files, or by the location and the versions
    where there are none: changed files come into another folder, and runs that read the old ones go on.

    Raises:
        DataError: An object has another content than is wanted, a name is no path below the folder, or the
            local disk is full or cannot be written.
        UnavailableError: The store cannot be reached, or has not all of the files.
    """
    for file in files:
        _check_name(source, file.name)
    entries = [[f.name, f.size, f.sha256 or [source.uri, f.version]] for f in files]
    key = hashlib.sha256(json.dumps(entries).encode()).hexdigest()[:24]
    folder = fetched_root() / key
    if not _is_complete(folder, files):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(_lock_of(folder)):
                if not _is_complete(folder, files):  # another process may have fetched them meanwhile
                    _remove_unused(keep=folder)
                    _fetch(source, files, folder)
        except OSError as error:
            raise DataError(
                f"{folder}: what is fetched from {source} cannot be written ({error.strerror or error}); free "
                f"disk space there, or name another folder in {VARIABLE}"
            ) from error
    with suppress(OSError):
        os.utime(folder / RECORD)  # it is used now
    _remember(asked or source, folder, name)
    return folder


def last_fetched(asked: Location) -> Path | None:
    """Return what was fetched last for a location, a folder or a path in it; None where it is incomplete."""
    try:
        memory = json.loads(_memory_of(asked).read_text())
        folder = fetched_root() / str(memory["folder"])
        wanted = [WantedFile(name) for name in _entries(folder)]
        path = folder / str(memory["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return path if wanted and _is_complete(folder, wanted) else None


def fetched_root() -> Path:
    """Return the folder of this machine that has a folder for each set of fetched files."""
    return machine_cache() / "fetched"


def free_fetched(*, used: set[str]) -> int:
    """Remove all fetched files but those whose folder has a file in use or is being fetched into.

    Args:
        used: Paths of files in use.

    Returns:
        The bytes that are freed.
    """
    root = fetched_root()
    folders = [path for path in sorted(root.glob("*")) if path.is_dir()]
    kept = {path for path in folders for name in used if Path(name).is_relative_to(path.resolve())}
    freed = sum(_remove(path) for path in folders if path not in kept)
    for memory in root.glob("*.json"):
        with suppress(OSError):
            memory.unlink()
    return freed


def _check_name(source: Location, name: str) -> None:
    """Raise DataError where a name would lead out of the folder, or to the record."""
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or ".." in path.parts or "\\" in name or path.name == RECORD:
        raise DataError(f"{source}: names the file {name!r}, which is no path below it; prepare the data again")


def _is_complete(folder: Path, files: Sequence[WantedFile]) -> bool:
    """Return whether all files are there and unchanged since they were checked."""
    known = _entries(folder)
    return all(
        file.name in known and _state(folder / file.name) == known[file.name].get("state") for file in files
    )


def _entries(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return what the record of a folder says of its files; nothing where there is none."""
    try:
        content = json.loads((folder / RECORD).read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _state(path: Path) -> list[int] | None:
    """Return numbers of which one changes when a file does; None where there is no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return [status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _fetch(source: Location, files: Sequence[WantedFile], folder: Path) -> None:
    """Fetch the files that are not complete, and write the record of the folder."""
    known = _entries(folder)
    missing = [file for file in files if not _is_good(folder, file, known)]
    wanted = sum(file.size or 0 for file in missing)
    free = shutil.disk_usage(folder).free
    if wanted > free:
        raise DataError(
            f"{folder}: {wanted / 1e6:.0f} MB of {source} are to be fetched and {free / 1e6:.0f} MB are free; "
            f"free disk space there, or name another folder in {VARIABLE}"
        )
    logger.info("fetching %d files (%.1f MB) of %s", len(missing), wanted / 1e6, source)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="fetch") as threads:
        for done in [threads.submit(_fetch_file, source, file, folder) for file in missing]:
            done.result()
    record = {
        file.name: {
            "state": _state(folder / file.name),
            "sha256": file.sha256 or sha256_of(folder / file.name),
        }
        for file in files
    }
    write_json(folder / RECORD, record)


def _is_good(folder: Path, file: WantedFile, known: Mapping[str, Mapping[str, Any]]) -> bool:
    """Return whether a file is there with the content that is wanted or that was fetched before."""
    path = folder / file.name
    expected = file.sha256 or known.get(file.name, {}).get("sha256")
    return expected is not None and path.is_file() and sha256_of(path) == expected


def _fetch_file(source: Location, file: WantedFile, folder: Path) -> None:
    """Fetch a file; one that arrives incomplete or damaged is fetched again."""
    target = folder / file.name
    for _ in range(ATTEMPTS):
        source.join(file.name).download_file(target)
        if file.size is not None and target.stat().st_size != file.size:
            problem = f"has {target.stat().st_size} bytes instead of {file.size}"
        elif file.sha256 is not None and sha256_of(target) != file.sha256:
            problem = "has another SHA-256 than is stated"
        else:
            with target.open("rb") as written:
                os.fsync(written.fileno())  # before the record says that it is complete
            return
        target.unlink()
    raise DataError(f"{source.join(file.name)}: the object {problem}; upload the folder again, as a whole")


def _memory_of(asked: Location) -> Path:
    """Return the file that names the folder which was fetched last for a location."""
    return fetched_root() / f"{hashlib.sha256(asked.uri.encode()).hexdigest()[:24]}.json"


def _remember(asked: Location, folder: Path, name: str) -> None:
    path, content = _memory_of(asked), {"folder": folder.name, "name": name}
    with suppress(OSError, ValueError):
        if not path.is_file() or json.loads(path.read_text()) != content:
            write_json(path, content)


def _remove_unused(*, keep: Path) -> None:
    """Remove folders that have not been used for long."""
    for folder in [path for path in fetched_root().iterdir() if path.is_dir() and path != keep]:
        with suppress(OSError):
            used = max(path.stat().st_mtime for path in (folder, folder / RECORD) if path.exists())
            if time.time() - used > UNUSED_S:
                _remove(folder)


def _remove(folder: Path) -> int:
    """Remove a folder unless a process fetches into it; return the bytes that are freed."""
    lock = _lock_of(folder)
    try:
        with FileLock(lock, timeout=0):
            (folder / RECORD).unlink(missing_ok=True)
            freed = remove_and_measure(folder)
    except Timeout:
        return 0
    lock.unlink(missing_ok=True)
    return freed


def _lock_of(folder: Path) -> Path:
    return folder.with_suffix(".lock")
