"""Opens an exported record set, on a machine without the TFRecords and without TensorFlow."""

from collections.abc import Sequence
from pathlib import Path

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache.arrow.checksum import is_intact, read_metadata
from sweepbox.detection.data.cache.arrow.metadata import ArrowMetadata
from sweepbox.detection.data.cache.file_state import is_marked_intact, mark_intact
from sweepbox.detection.data.cache.record_set import RecordSet
from sweepbox.detection.data.pixels import bounded


def open_exported(paths: Sequence[Path], label_map: LabelMap, *, max_side: int | None) -> RecordSet:
    """Return the record set in an exported Arrow file.

    Its fingerprint is that of the TFRecords that it was made of. The first opening checks all of the file and
    marks it intact, if its folder can be written. DataError if it is damaged, or if its classes or image sizes
    differ from those of `label_map` and `max_side`.
    """
    path = paths[0]
    if len(paths) > 1:
        raise DataError(
            f"{', '.join(map(str, paths))}: give one .arrow file, which is a complete set, or TFRecord files"
        )
    if not path.is_file():
        raise DataError(f"{path}: there is no such file of decoded records; write it with `export_record_set`")
    metadata = read_metadata(path)
    if metadata is None:
        raise DataError(
            f"{path}: it is damaged, or not a file of decoded records of this version; export it again"
        )
    _check_classes(path, metadata, label_map)
    if not is_marked_intact(path):
        if not is_intact(path):
            raise DataError(f"{path}: it is damaged; copy it again, or export it again")
        mark_intact(path)
    records = RecordSet.mapped(path)
    if metadata.max_side != max_side:
        _check_sizes(path, records, max_side)
    return records


def _check_classes(path: Path, metadata: ArrowMetadata, label_map: LabelMap) -> None:
    if not metadata.has_classes_of(label_map):
        there, asked = (
            ", ".join(f"{number} {name}" for number, name in items)
            for items in (metadata.classes, label_map.items)
        )
        raise DataError(f"{path}: was exported for the classes {there}, not {asked}; export it again for these")


def _check_sizes(path: Path, records: RecordSet, max_side: int | None) -> None:
    """Raise DataError unless every image has the size that `max_side` gives it."""
    pairs = zip(records.original_sizes.tolist(), records.sizes.tolist(), strict=True)
    for index, ((height, width), (there_height, there_width)) in enumerate(pairs):
        wanted = bounded((width, height), max_side)
        if wanted != (there_width, there_height):
            raise DataError(
                f"{path}: image {records.name(index)} is {there_width} x {there_height} pixels in it, this run "
                f"needs {wanted[0]} x {wanted[1]} (longer side at most {max_side}); export it again with "
                f"max_side={max_side}"
            )
