"""What a cache folder remembers about files, so that opening a large record set reads none of them again.

A note holds for one state of a file: its inode, size and times, of which the time of change cannot be set by
programs. (Not its device, whose number differs between the machines that share a file system.) Notes are a
convenience: where they cannot be read or written, the work is done again.
"""

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sweepbox.detection.core.files import sha256_of, write_json
from sweepbox.detection.data.parallel import map_in_order

HASHES_FILE = "hashes.json"
WHOLE_SUFFIX = ".whole"
SETTLED_NS = 2_000_000_000
"""A file that changed less than this ago may change again without another time; its hash is not kept."""

FileState = list[int]


def file_state(path: Path) -> FileState:
    """Return what changes when a file does."""
    status = path.stat()
    return [status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def content_hashes(paths: Sequence[Path], folder: Path) -> list[str]:
    """Return the SHA-256 of each file; of a file that is as it was at an earlier call, the one noted then."""
    notes = folder / HASHES_FILE
    known = _read(notes)
    wanted = {str(path.absolute()): file_state(path) for path in paths}
    new = [name for name, state in wanted.items() if known.get(name, [None])[0] != state]
    hashes = dict(zip(new, map_in_order(sha256_of, map(Path, new)), strict=True))
    settled = {name: [wanted[name], hashes[name]] for name in new if _has_settled(name, wanted[name])}
    if settled:
        kept = {name: note for name, note in known.items() if Path(name).exists()}
        with suppress(OSError):
            write_json(notes, kept | settled)
    return [hashes.get(name) or known[name][1] for name in (str(path.absolute()) for path in paths)]


def _has_settled(name: str, state: FileState) -> bool:
    """Return whether a file is as it was before it was read, and has been for a while."""
    return time.time_ns() - max(state[2:]) > SETTLED_NS and file_state(Path(name)) == state


def is_noted_whole(path: Path) -> bool:
    """Return whether a file is as it was when it was last found whole."""
    with suppress(OSError):
        return _read(_whole_note(path)).get("state") == file_state(path)
    return False


def note_whole(path: Path) -> None:
    """Note that a file is whole as it is now."""
    with suppress(OSError):
        write_json(_whole_note(path), {"state": file_state(path)})


def note_use(path: Path) -> None:
    """Note that a file is used now."""
    with suppress(OSError):
        _whole_note(path).touch()


def last_use_s(path: Path) -> float:
    """Return when a file was last used or written, in seconds since 1970."""
    times = [path.stat().st_mtime]
    with suppress(OSError):
        times.append(_whole_note(path).stat().st_mtime)
    return max(times)


def forget(path: Path) -> None:
    """Remove what is noted of a file."""
    with suppress(OSError):
        _whole_note(path).unlink(missing_ok=True)


def _whole_note(path: Path) -> Path:
    return path.with_suffix(WHOLE_SUFFIX)


def _read(path: Path) -> dict[str, list]:  # type: ignore[type-arg]
    """Return a file of notes; nothing where it is missing or damaged."""
    try:
        notes = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return notes if isinstance(notes, dict) else {}
