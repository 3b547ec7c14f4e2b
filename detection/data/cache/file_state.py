"""Hashes and markers of files in a cache folder, so that unchanged files are not read again.

They are valid for one state of a file: its inode, size and times (programs cannot set the time of change). The
device does not count, because its number differs between machines that share a file system. If hashes or
markers cannot be read or written, the work is done again.
"""

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sweepbox.detection.core.files import sha256_of, write_json
from sweepbox.detection.data.parallel import map_in_order

HASHES_FILE = "hashes.json"
MARKER_SUFFIX = ".whole"
SETTLED_NS = 2_000_000_000
"""A file changed more recently may change again without a new time stamp; its hash is not stored."""

FileState = list[int]


def file_state(path: Path) -> FileState:
    """Return values of which at least one changes when a file changes."""
    status = path.stat()
    return [status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def content_hashes(paths: Sequence[Path], folder: Path) -> list[str]:
    """Return the SHA-256 of each file; unchanged files are not read again."""
    stored = folder / HASHES_FILE
    known = _read(stored)
    wanted = {str(path.absolute()): file_state(path) for path in paths}
    new = [name for name, state in wanted.items() if known.get(name, [None])[0] != state]
    hashes = dict(zip(new, map_in_order(sha256_of, map(Path, new)), strict=True))
    settled = {name: [wanted[name], hashes[name]] for name in new if _is_unchanged(name, wanted[name])}
    if settled:
        kept = {name: entry for name, entry in known.items() if Path(name).exists()}
        with suppress(OSError):
            write_json(stored, kept | settled)
    return [hashes.get(name) or known[name][1] for name in (str(path.absolute()) for path in paths)]


def _is_unchanged(name: str, state: FileState) -> bool:
    """Return whether a file has not changed while it was read, nor shortly before."""
    return time.time_ns() - max(state[2:]) > SETTLED_NS and file_state(Path(name)) == state


def is_marked_intact(path: Path) -> bool:
    """Return whether a file is unchanged since it was marked intact."""
    with suppress(OSError):
        return _read(_marker(path)).get("state") == file_state(path)
    return False


def mark_intact(path: Path) -> None:
    """Mark a file, in its present state, as intact."""
    with suppress(OSError):
        write_json(_marker(path), {"state": file_state(path)})


def mark_used(path: Path) -> None:
    """Record that a file is used now."""
    with suppress(OSError):
        _marker(path).touch()


def last_use_s(path: Path) -> float:
    """Return when a file was last used or written, in seconds since 1970."""
    times = [path.stat().st_mtime]
    with suppress(OSError):
        times.append(_marker(path).stat().st_mtime)
    return max(times)


def remove_marker(path: Path) -> None:
    """Remove the marker of a file."""
    with suppress(OSError):
        _marker(path).unlink(missing_ok=True)


def _marker(path: Path) -> Path:
    return path.with_suffix(MARKER_SUFFIX)


def _read(path: Path) -> dict[str, list]:  # type: ignore[type-arg]
    """Return the content of a JSON file; empty if it is missing or damaged."""
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
