"""The files of a part as they are at one moment, to be uploaded while the part changes."""

import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.core.files import link_or_copy, sha256_of
from sweepbox.tuning.storage.remote.layout import (
    DETECTOR,
    LOCAL_FOLDERS,
    PRECISION,
    SWEEP,
    TRIALS,
    large_folder_of,
    part_of,
)
from sweepbox.tuning.storage.remote.manifest import FileEntry, Manifest

LOG = "log.txt"
"""Grows all the time, and is published when the sweep ends."""
TEXT_BYTES = 64 * 2**10
RECORD_BYTES = 8 * 2**20
_RECORDS = ("state.json", "metrics.jsonl", "changes.json", "pipeline.config")
"""Files of a trial that its manifest has as texts also where they are large, as its driver reads them."""
_REPLACED_FOLDERS = ("best", "last")
"""Folders whose files are only ever replaced, so that a second name keeps their content."""

Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class Snapshot:
    """A version of a part with the files to upload.

    Attributes:
        manifest: The version.
        sources: The local files by their names, other than small texts; second names or copies in `folder`.
        folder: The temporary folder that has them; `drop` removes it.
    """

    manifest: Manifest
    sources: dict[str, Path]
    folder: Path

    def drop(self) -> None:
        """Remove the temporary files."""
        shutil.rmtree(self.folder, ignore_errors=True)


class HashCache:
    """Hashes of files that are only ever replaced, computed once."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[Stamp, str]] = {}

    def sha256(self, path: Path) -> str:
        """Return the hash of a file; that of before where neither its time, its size nor its inode differ."""
        status = path.stat()
        stamp = status.st_mtime_ns, status.st_size, status.st_ino
        known = self._known.get(path)
        if known is None or known[0] != stamp:
            known = self._known[path] = (stamp, sha256_of(path))
        return known[1]


def files_of_part(root: Path, part: str, *, with_log: bool = False) -> Iterator[tuple[str, Path]]:
    """Yield names and paths of a part's local files, in the order of their names."""
    if part in (SWEEP, PRECISION, DETECTOR):
        found = _walk(root, skipped={root / name for name in (*LOCAL_FOLDERS, TRIALS)})
    else:
        found = _walk(root / part, skipped=frozenset())
    for path in sorted(found):
        name = path.relative_to(root).as_posix()
        if part_of(name) == part and (with_log or name != LOG):
            yield name, path


def taken(
    root: Path,
    part: str,
    *,
    before: Manifest | None,
    epoch: int,
    number: int,
    hashes: HashCache,
    temporary: Path,
    with_log: bool = False,
) -> Snapshot:
    """Return the part as it is now, with second names or copies of its larger files in `temporary`.

    A file in one of a trial's large folders that was never fetched stays as `before` has it, as long as the
    folder is there.
    """
    entries: dict[str, FileEntry] = {}
    sources: dict[str, Path] = {}
    for name, path in files_of_part(root, part, with_log=with_log):
        entry = _text_entry(name, path)
        if entry is None:
            kept = temporary / name
            kept.parent.mkdir(parents=True, exist_ok=True)
            folder = large_folder_of(name)
            if folder is not None and folder.rpartition("/")[2] in _REPLACED_FOLDERS:
                link_or_copy(path, kept)
                sha256 = hashes.sha256(path)
            else:
                shutil.copyfile(path, kept)
                sha256 = sha256_of(kept)
            entry = FileEntry(name, kept.stat().st_size, sha256)
            sources[name] = kept
        entries[name] = entry
    for old in () if before is None else before.files:
        large = large_folder_of(old.name)
        is_kept = (root / large).is_dir() if large is not None else old.name == LOG and not with_log
        if old.name not in entries and is_kept:
            entries[old.name] = old
    files = tuple(entries[name] for name in sorted(entries))
    return Snapshot(Manifest(part, epoch, number, files), sources, temporary)


def _text_entry(name: str, path: Path) -> FileEntry | None:
    """Return the entry of a file that a manifest has as a text; None for others."""
    is_record = path.name in _RECORDS and large_folder_of(name) is None
    if path.stat().st_size > (RECORD_BYTES if is_record else TEXT_BYTES):
        return None
    try:
        return FileEntry.of_text(name, path.read_bytes())
    except UnicodeDecodeError:
        return None


def _walk(folder: Path, *, skipped: Collection[Path]) -> Iterator[Path]:
    """Yield the regular files below a folder; what vanishes meanwhile is left out."""
    for parent, folders, files in os.walk(folder):
        here = Path(parent)
        folders[:] = [name for name in folders if here / name not in skipped and not name.startswith(".")]
        yield from (path for name in files if (path := here / name).is_file() and not path.is_symlink())
