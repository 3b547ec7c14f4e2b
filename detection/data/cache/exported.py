"""Record sets opened from an Arrow file alone, on a machine that has neither TFRecords nor TensorFlow."""

from collections.abc import Sequence
from pathlib import Path

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache.arrow.checksum import is_whole, read_facts
from sweepbox.detection.data.cache.arrow.metadata import ArrowFacts
from sweepbox.detection.data.cache.file_state import is_noted_whole, note_whole
from sweepbox.detection.data.cache.record_set import RecordSet
from sweepbox.detection.data.pixels import bounded


def open_carried(paths: Sequence[Path], label_map: LabelMap, *, max_side: int | None) -> RecordSet:
    """Return the record set in an Arrow file, as it is.

    Its fingerprint is that of the TFRecords that it was made of. The first opening reads all of the file and
    notes beside it (where that can be done) that it is whole. DataError where it is damaged, or holds other
    classes or images of another bound than what is asked for: then it has to be exported again.
    """
    path = paths[0]
    if len(paths) > 1:
        raise DataError(
            f"{', '.join(map(str, paths))}: give one .arrow file, which holds a whole set, or TFRecord files"
        )
    if not path.is_file():
        raise DataError(f"{path}: there is no such file of decoded records; write it with `export_record_set`")
    facts = read_facts(path)
    if facts is None:
        raise DataError(
            f"{path}: it is damaged, or no file of decoded records of this version; export it again"
        )
    _check_classes(path, facts, label_map)
    if not is_noted_whole(path):
        if not is_whole(path):
            raise DataError(f"{path}: it is damaged; copy it once more, or export it again")
        note_whole(path)
    records = RecordSet.mapped(path)
    if facts.max_side != max_side:
        _check_sizes(path, records, max_side)
    return records


def _check_classes(path: Path, facts: ArrowFacts, label_map: LabelMap) -> None:
    if not facts.has_classes_of(label_map):
        there, asked = (
            ", ".join(f"{number} {name}" for number, name in items)
            for items in (facts.classes, label_map.items)
        )
        raise DataError(f"{path}: was made for the classes {there}, not {asked}; export it again for these")


def _check_sizes(path: Path, records: RecordSet, max_side: int | None) -> None:
    """Raise DataError unless every image is of the size that this bound gives it."""
    pairs = zip(records.original_sizes.tolist(), records.sizes.tolist(), strict=True)
    for index, ((height, width), (there_height, there_width)) in enumerate(pairs):
        wanted = bounded((width, height), max_side)
        if wanted != (there_width, there_height):
            raise DataError(
                f"{path}: image {records.name(index)} is {there_width} x {there_height} pixels there, this run "
                f"needs {wanted[0]} x {wanted[1]} (longer side at most {max_side}); export it again with "
                f"max_side={max_side}"
            )
