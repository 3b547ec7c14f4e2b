"""How damage in a record set's Arrow file is noticed.

Every batch of rows carries a CRC-32 of its values and its place in the file; an empty batch at the end tells
that nothing is missing. So a file is complete in itself and can be checked wherever it is carried.
"""

import zlib
from collections.abc import Iterable
from pathlib import Path
from threading import Lock

import pyarrow as pa

from sweepbox.detection.data.cache.arrow.metadata import ArrowFacts, schema_of
from sweepbox.detection.data.parallel import map_in_order

SEAL = b"crc32"
_CHECKERS = 4

Sealed = tuple[int, int, bytes]
"""Rows of a batch, checksum of its values, and the seal that it carries."""


def values_checksum(batch: pa.RecordBatch) -> int:
    """Return the CRC-32 of all values of a batch."""
    checksum = 0
    for column in batch.columns:
        for buffer in column.buffers():
            checksum = checksum if buffer is None else zlib.crc32(buffer, checksum)
    return checksum


def seal(checksum: int, *, rows_before: int, rows: int) -> bytes:
    """Return what a batch carries: the checksum of its values and of its place in the file."""
    return b"%d" % zlib.crc32(f"{checksum} {rows_before} {rows}".encode())


def read_facts(path: Path) -> ArrowFacts | None:
    """Return what a file says of itself; None where it is missing, cut off or of another kind or version."""
    try:
        with pa.OSFile(str(path)) as file:
            return ArrowFacts.of(pa.ipc.open_file(file).schema.metadata)
    except (pa.ArrowException, OSError):
        return None


def is_whole(path: Path) -> bool:
    """Read a file to its end and tell whether every value is as it was written.

    The file is read, not mapped, a few batches at a time: memory stays flat.
    """
    try:
        with pa.OSFile(str(path)) as file:
            reader = pa.ipc.open_file(file)
            facts = ArrowFacts.of(reader.schema.metadata)
            if facts is None or not reader.schema.equals(schema_of(facts)):
                return False
            return _is_closed(_batches(reader))
    except (pa.ArrowException, OSError, MemoryError):  # what Arrow makes of a damaged description of a batch
        return False


def _batches(reader: pa.ipc.RecordBatchFileReader) -> Iterable[Sealed]:
    """Yield what is to be compared of every batch, in order, computed by threads."""
    reading = Lock()

    def check(number: int) -> Sealed:
        with reading:
            batch, metadata = reader.get_batch_with_custom_metadata(number)
        batch.validate(full=True)
        return batch.num_rows, values_checksum(batch), (metadata or {}).get(SEAL, b"")

    return map_in_order(check, range(reader.num_record_batches), workers=_CHECKERS)


def _is_closed(batches: Iterable[Sealed]) -> bool:
    """Return whether all seals are right and the last batch is the empty one."""
    rows_before, rows = 0, -1
    for rows, checksum, found in batches:
        if found != seal(checksum, rows_before=rows_before, rows=rows):
            return False
        rows_before += rows
    return rows == 0
