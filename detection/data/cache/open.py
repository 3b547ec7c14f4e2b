"""Record sets decoded once per machine: an Arrow file, memory-mapped and shared by every process there."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from filelock import FileLock

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache.arrow.checksum import is_whole, read_facts
from sweepbox.detection.data.cache.arrow.metadata import FORMAT_VERSION, SUFFIX
from sweepbox.detection.data.cache.build import write_cache
from sweepbox.detection.data.cache.cleanup import remove_torn, remove_unused
from sweepbox.detection.data.cache.exported import open_carried
from sweepbox.detection.data.cache.file_state import content_hashes, is_noted_whole, note_use, note_whole
from sweepbox.detection.data.cache.record_set import RecordSet

CACHE_FOLDER = ".sweepbox-cache"


def open_record_set(
    paths: Sequence[Path],
    label_map: LabelMap,
    *,
    cache_directory: Path | None = None,
    max_side: int | None = None,
    disk_budget_bytes: int | None = None,
) -> RecordSet:
    """Return the records of TFRecord files as a record set, decoded once and mapped read-only.

    Images whose longer side exceeds `max_side` pixels are shrunk to it. The Arrow file stands in
    `cache_directory` (by default a folder beside the records), named by a hash of the records' content, the
    label map and the bound; the first process to need it writes it, others wait. A torn, damaged or stale file
    is noticed and written again: whoever first opens a file in its present state reads all of it and notes that
    it is whole. Where the pixels would not fit `disk_budget_bytes` (by default half of what is free) the file
    holds the encoded images and `image` decodes them. Files that no process has opened for a month are removed
    when another is written. DataError names a record that cannot be decoded.

    A single `.arrow` file, as `export_record_set` writes it, is opened as it is; see `open_carried`.
    """
    if not paths:
        raise DataError("there is no TFRecord file to read; name at least one")
    if any(path.suffix == SUFFIX for path in paths):
        return open_carried(paths, label_map, max_side=max_side)
    directory = cache_directory if cache_directory is not None else paths[0].parent / CACHE_FOLDER
    content = _content_key(paths, label_map, max_side, directory)
    path = directory / f"{content[:24]}{SUFFIX}"

    def write() -> None:
        remove_torn(path)
        remove_unused(directory, keep=path)
        write_cache(
            paths, label_map, path, content=content, max_side=max_side, disk_budget_bytes=disk_budget_bytes
        )
        note_whole(path)

    if not is_noted_whole(path):
        _make_whole(path, content, write)
    note_use(path)
    return RecordSet.mapped(path)


def _make_whole(path: Path, content: str, write: Callable[[], None]) -> None:
    """See to it that the file is there, undamaged, and noted so; one process at a time does it."""
    if path.is_file() and not os.access(path.parent, os.W_OK) and _holds(path, content):
        return  # a folder that cannot be written to holds neither locks nor notes
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"{path.parent}: the folder for decoded images cannot be made ({error.strerror}); name another "
            "(--cache)"
        ) from error
    with FileLock(path.with_suffix(".lock")):
        if is_noted_whole(path):  # another process has seen to it while this one waited
            return
        if _holds(path, content):
            note_whole(path)
        else:
            write()


def _holds(path: Path, content: str) -> bool:
    """Return whether a file is whole and holds this content."""
    facts = read_facts(path)
    return facts is not None and facts.content == content and is_whole(path)


def _content_key(paths: Sequence[Path], label_map: LabelMap, max_side: int | None, directory: Path) -> str:
    """Return the hash that names a cache file, 64 hexadecimal digits; DataError where a file is missing."""
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise DataError(f"{missing[0]}: there is no such TFRecord file; write it with `sweepbox prepare`")
    parts = [
        FORMAT_VERSION,
        max_side,
        label_map.items,
        label_map.stored_names,
        content_hashes(paths, directory),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
