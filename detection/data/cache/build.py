"""Decodes TFRecords into an Arrow file, in one pass and with a few images in memory at a time."""

import errno
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.files import atomic_path
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache.arrow.metadata import ArrowMetadata
from sweepbox.detection.data.cache.arrow.writer import ArrowRow, ArrowWriter
from sweepbox.detection.data.dropped import dropped_to_text, without_unusable_boxes
from sweepbox.detection.data.examples import Record, decode_example
from sweepbox.detection.data.parallel import map_in_order
from sweepbox.detection.data.pixels import decode_bounded
from sweepbox.detection.data.records import serialised_records

_SHARE_OF_FREE_DISK = 0.5
_DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ESTIMATE_FROM_SHARE = 0.05
"""The share of the records from which the total size is estimated."""
_ESTIMATE_MARGIN = 1.5


class _OverBudgetError(Exception):
    """The decoded pixels exceed the disk budget."""


def write_cache(
    paths: Sequence[Path], label_map: LabelMap, path: Path, *, content: str, max_side: int | None,
    disk_budget_bytes: int | None, keep_unusable_boxes: bool,
) -> None:  # fmt: skip
    """Decode records and write them to `path` atomically.

    If the pixels exceed the budget or the disk, the encoded images are written instead. DataError if neither
    can be written, or an image cannot be decoded.
    """
    budget = disk_budget_bytes
    if budget is None:
        budget = int(shutil.disk_usage(path.parent).free * _SHARE_OF_FREE_DISK)
    source = _Source(paths, label_map, max_side, keep_unusable_boxes=keep_unusable_boxes)
    try:
        source.write(path, content, encoded=False, budget_bytes=budget)
    except _OverBudgetError:
        source.write(path, content, encoded=True, budget_bytes=budget)


class _Source:
    """The records of the source files."""

    def __init__(
        self, paths: Sequence[Path], label_map: LabelMap, max_side: int | None, *, keep_unusable_boxes: bool
    ) -> None:
        self._keep_unusable_boxes = keep_unusable_boxes
        self._paths = paths
        self._label_map = label_map
        self._max_side = max_side
        self._all_bytes = sum(path.stat().st_size for path in paths)

    def write(self, path: Path, content: str, *, encoded: bool, budget_bytes: int) -> None:
        """Write all records, with pixels or with encoded images."""
        metadata = ArrowMetadata(
            content=content,
            encoded=encoded,
            max_side=self._max_side,
            classes=self._label_map.items,
            stored_names=self._label_map.stored_names,
        )
        read_bytes = written_bytes = 0
        try:
            with atomic_path(path) as temporary, ArrowWriter(temporary, metadata) as writer:
                for row, stored_bytes in self._rows(encoded=encoded):
                    read_bytes += stored_bytes
                    written_bytes += row.image_bytes
                    if not encoded and self._exceeds_budget(read_bytes, written_bytes, budget_bytes):
                        raise _OverBudgetError
                    writer.add(row)
        except OSError as error:
            if error.errno in _DISK_IS_FULL and not encoded:
                raise _OverBudgetError from error
            raise DataError(
                f"{path}: the decoded images cannot be written ({error.strerror or error}); make room there, "
                "or name another folder for them (--cache)"
            ) from error

    def _exceeds_budget(self, read_bytes: int, written_bytes: int, budget_bytes: int) -> bool:
        """Return whether the pixels exceed the budget, or are estimated to exceed it by far."""
        if written_bytes > budget_bytes:
            return True
        expected = written_bytes * self._all_bytes / read_bytes
        return (
            read_bytes > _ESTIMATE_FROM_SHARE * self._all_bytes and expected > _ESTIMATE_MARGIN * budget_bytes
        )

    def _rows(self, *, encoded: bool) -> Iterator[tuple[ArrowRow, int]]:
        """Yield a row for every record and the bytes of its record, in order, decoded by threads."""

        def decode(item: tuple[int, str, bytes]) -> tuple[ArrowRow, int]:
            file, place, serialised = item
            record = decode_example(serialised, self._label_map, place=place)
            if not self._keep_unusable_boxes:
                record = without_unusable_boxes(record, self._label_map)
            return _row(record, file, self._max_side, place, encoded=encoded), len(serialised)

        return map_in_order(decode, self._serialised(), ahead=2)

    def _serialised(self) -> Iterator[tuple[int, str, bytes]]:
        """Yield the file's number, a name for messages and the bytes of every record."""
        for file, path in enumerate(self._paths):
            for index, serialised in enumerate(serialised_records(path)):
                yield file, f"{path}: record {index}", serialised


def _row(record: Record, file: int, max_side: int | None, place: str, *, encoded: bool) -> ArrowRow:
    """Return the row of a record; `place` names file and record in error messages."""
    name = record.filename or record.source_id or "a record without a file name"
    truth = record.ground_truth
    if truth.class_ids.size and truth.class_ids.min() < 1:
        raise DataError(f"{place}: {name}: class id {truth.class_ids.min()} is below 1; class ids start at 1")
    pixels, original_size = decode_bounded(
        record.encoded, f"{place}: {name}", max_side
    )  # always decoded, to find damage now
    return ArrowRow(
        image=record.encoded if encoded else pixels,
        size=(pixels.shape[1], pixels.shape[0]),
        original_size=original_size,
        file=file,
        source_id=record.source_id,
        name=name,
        ground_truth=truth,
        dropped=dropped_to_text(record.dropped),
    )
