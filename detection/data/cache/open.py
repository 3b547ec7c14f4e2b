"""Opens a record set; the first process of a machine decodes it into an Arrow file that all others map."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from filelock import FileLock

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache.arrow.checksum import is_intact, read_metadata
from sweepbox.detection.data.cache.arrow.metadata import CONTENT_VERSION, FORMAT_VERSION, SUFFIX
from sweepbox.detection.data.cache.build import write_cache
from sweepbox.detection.data.cache.cleanup import remove_partial_files, remove_unused
from sweepbox.detection.data.cache.exported import open_exported
from sweepbox.detection.data.cache.file_state import content_hashes, is_marked_intact, mark_intact, mark_used
from sweepbox.detection.data.cache.record_set import RecordSet

CACHE_FOLDER = ".sweepbox-cache"


def open_record_set(
    paths: Sequence[Path],
    label_map: LabelMap,
    *,
    cache_directory: Path | None = None,
    max_side: int | None = None,
    disk_budget_bytes: int | None = None,
    keep_unusable_boxes: bool = False,
) -> RecordSet:
    """Return the records of TFRecord files as a record set, decoded once and mapped read-only.

    The cache file is named by a hash of the records' content, the label map, `max_side` and the file's format.
    The first process that needs it writes it; others wait. The first process that opens a file in its present
    state checks all of it and marks it intact; an incomplete, damaged or outdated file is written again. Files
    that have not been opened for a month are removed when another one is written.

    Args:
        paths: TFRecord files, or a single `.arrow` file of `export_record_set` (see `open_exported`).
        label_map: The classes.
        cache_directory: The folder of the cache file; by default a folder beside the records.
        max_side: Images with a longer side, in pixels, are shrunk to it.
        disk_budget_bytes: The largest size of the decoded pixels, by default half of the free disk space. If
            they exceed it, the file has the encoded images, which are decoded at each access.
        keep_unusable_boxes: Keep boxes that are infinite, without area or outside the image, as the Object
            Detection API does; see `without_unusable_boxes`.

    Raises:
        DataError: A file is missing, or a record cannot be decoded.
    """
    if not paths:
        raise DataError("there is no TFRecord file to read; name at least one")
    if any(path.suffix == SUFFIX for path in paths):
        return open_exported(paths, label_map, max_side=max_side)
    directory = cache_directory if cache_directory is not None else paths[0].parent / CACHE_FOLDER
    content = _content_key(paths, label_map, max_side, directory, keep_unusable_boxes=keep_unusable_boxes)
    name = hashlib.sha256(f"{content} {FORMAT_VERSION}".encode()).hexdigest()[:24]
    path = directory / f"{name}{SUFFIX}"

    def write() -> None:
        remove_partial_files(path)
        remove_unused(directory, keep=path)
        write_cache(
            paths,
            label_map,
            path,
            content=content,
            max_side=max_side,
            disk_budget_bytes=disk_budget_bytes,
            keep_unusable_boxes=keep_unusable_boxes,
        )
        mark_intact(path)

    if not is_marked_intact(path):
        _ensure_intact(path, content, write)
    mark_used(path)
    return RecordSet.mapped(path)


def _ensure_intact(path: Path, content: str, write: Callable[[], None]) -> None:
    """Write the file unless it is intact, and mark it so; one process at a time."""
    if path.is_file() and not os.access(path.parent, os.W_OK) and _is_current(path, content):
        return  # a read-only folder has neither locks nor markers
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"{path.parent}: the folder for decoded images cannot be created ({error.strerror}); name another "
            "(--cache)"
        ) from error
    with FileLock(path.with_suffix(".lock")):
        if is_marked_intact(path):  # another process has written it while this one waited
            return
        if _is_current(path, content):
            mark_intact(path)
        else:
            write()


def _is_current(path: Path, content: str) -> bool:
    """Return whether a file is intact and has this content."""
    metadata = read_metadata(path)
    return metadata is not None and metadata.content == content and is_intact(path)


def _content_key(
    paths: Sequence[Path],
    label_map: LabelMap,
    max_side: int | None,
    directory: Path,
    *,
    keep_unusable_boxes: bool,
) -> str:
    """Return the hash that names a cache file, 64 hexadecimal digits; DataError if a file is missing."""
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise DataError(f"{missing[0]}: there is no such TFRecord file; write it with `sweepbox prepare`")
    parts = [
        CONTENT_VERSION,
        max_side,
        label_map.items,
        label_map.stored_names,
        content_hashes(paths, directory),
        *([True] if keep_unusable_boxes else []),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
