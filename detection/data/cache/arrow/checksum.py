"""Checksums of a record set's Arrow file.

Every batch of rows has a CRC-32 of its values and its position in the file, and an empty batch marks the end.
So a file can be checked on any machine, without other files.
"""

import zlib
from collections.abc import Iterable
from pathlib import Path
from threading import Lock

import pyarrow as pa

from sweepbox.detection.core.array_files import check_arrow
from sweepbox.detection.data.cache.arrow.metadata import ArrowMetadata, schema_of
from sweepbox.detection.data.parallel import map_in_order

CHECKSUM_KEY = b"crc32"
_CHECKERS = 4

CheckedBatch = tuple[int, int, bytes]
"""Number of rows of a batch, checksum of its values, and the checksum stored with it."""


def values_checksum(batch: pa.RecordBatch) -> int:
    """Return the CRC-32 of all values of a batch."""
    checksum = 0
    for column in batch.columns:
        for buffer in column.buffers():
            checksum = checksum if buffer is None else zlib.crc32(buffer, checksum)
    return checksum


def batch_checksum(checksum: int, *, rows_before: int, rows: int) -> bytes:
    """Return the checksum stored with a batch: of its values and its position in the file."""
    return b"%d" % zlib.crc32(f"{checksum} {rows_before} {rows}".encode())


def read_metadata(path: Path) -> ArrowMetadata | None:
    """Return the metadata of a file; None if it is missing, truncated or of another kind or version."""
    try:
        with pa.OSFile(str(path)) as file:
            return ArrowMetadata.of(pa.ipc.open_file(file).schema.metadata)
    except (pa.ArrowException, OSError):
        return None


def is_intact(path: Path) -> bool:
    """Read a whole file and return whether every value is as it was written.

    The file is read, not mapped, a few batches at a time: memory stays flat.
    """
    try:
        check_arrow(path)
        with pa.OSFile(str(path)) as file:
            reader = pa.ipc.open_file(file)
            metadata = ArrowMetadata.of(reader.schema.metadata)
            if metadata is None or not reader.schema.equals(schema_of(metadata)):
                return False
            return _are_intact(_batches(reader))
    except (
        pa.ArrowException,
        OSError,
        ValueError,
        MemoryError,
    ):  # raised by Arrow for damaged metadata of a batch
        return False


def _batches(reader: pa.ipc.RecordBatchFileReader) -> Iterable[CheckedBatch]:
    """Yield rows and checksums of every batch, in order, computed by threads."""
    reading = Lock()

    def check(number: int) -> CheckedBatch:
        with reading:
            batch, metadata = reader.get_batch_with_custom_metadata(number)
        batch.validate(full=True)
        return batch.num_rows, values_checksum(batch), (metadata or {}).get(CHECKSUM_KEY, b"")

    return map_in_order(check, range(reader.num_record_batches), workers=_CHECKERS)


def _are_intact(batches: Iterable[CheckedBatch]) -> bool:
    """Return whether all checksums are right and the last batch is empty."""
    rows_before, rows = 0, -1
    for rows, checksum, found in batches:
        if found != batch_checksum(checksum, rows_before=rows_before, rows=rows):
            return False
        rows_before += rows
    return rows == 0
