"""Exports a record set as one Arrow file for another machine."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sweepbox.detection.core.errors import DataError, UsageError
from sweepbox.detection.core.files import atomic_path
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache.arrow.metadata import SUFFIX
from sweepbox.detection.data.cache.arrow.writer import ArrowRow, ArrowWriter
from sweepbox.detection.data.cache.open import open_record_set
from sweepbox.detection.data.cache.record_set import RecordSet


def export_record_set(
    paths: Sequence[Path],
    label_map: LabelMap,
    destination: Path,
    *,
    cache_directory: Path | None = None,
    max_side: int | None = None,
) -> Path:
    """Write the decoded records of TFRecord files to one `.arrow` file.

    `open_record_set` opens it on a machine without the TFRecords and without TensorFlow, given the same
    `label_map` and `max_side`. The file is self-contained and may be renamed and copied.

    Args:
        paths: TFRecord files.
        label_map: The classes.
        destination: The `.arrow` file to write.
        cache_directory: The folder of the cache file; by default a folder beside the records.
        max_side: Images with a longer side, in pixels, are shrunk to it.

    Returns:
        `destination`.

    Raises:
        UsageError: `destination` has another suffix than `.arrow`.
        DataError: The records cannot be decoded or written.
    """
    if destination.suffix != SUFFIX:
        raise UsageError(f"{destination}: decoded records are written to {SUFFIX} files; give it that suffix")
    records = open_record_set(paths, label_map, cache_directory=cache_directory, max_side=max_side)
    try:
        with atomic_path(destination) as temporary:
            if records.is_encoded:
                _write_decoded(records, temporary)
            else:
                shutil.copyfile(records.path, temporary)
    except OSError as error:
        raise DataError(
            f"{destination}: the decoded records cannot be written ({error.strerror or error}); make room "
            "there, or choose another folder"
        ) from error
    return destination


def _write_decoded(records: RecordSet, path: Path) -> None:
    """Decode a set of encoded images and write their pixels."""
    with ArrowWriter(path, replace(records.metadata, encoded=False)) as writer:
        for index, source_id in enumerate(records.source_ids):
            size, original = records.sizes[index].tolist(), records.original_sizes[index].tolist()
            row = ArrowRow(
                image=records.image(index),
                size=(size[1], size[0]),
                original_size=(original[1], original[0]),
                file=int(records.files[index]),
                source_id=source_id,
                name=records.name(index),
                ground_truth=records.ground_truth(index),
                dropped=records.dropped_text(index),
            )
            writer.add(row)
