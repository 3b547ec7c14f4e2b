"""Writes a record set's Arrow file, image by image."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sweepbox.detection.core.detections import GroundTruth
from sweepbox.detection.data.cache.arrow.checksum import CHECKSUM_KEY, batch_checksum, values_checksum
from sweepbox.detection.data.cache.arrow.metadata import NUMBERS, OBJECTS, ArrowMetadata, schema_of

_BATCH_BYTES = 16 * 2**20
_BATCH_ROWS = 1024
_TRUTH_FIELDS = {"boxes": "boxes_yxyx"}


@dataclass(frozen=True, eq=False)
class ArrowRow:
    """One row: `image` is uint8 `[height, width, 3]` or an encoded image; sizes are (width, height).

    `dropped` has the number of dropped objects, see `dropped_to_text`.
    """

    image: NDArray[np.uint8] | bytes
    size: tuple[int, int]
    original_size: tuple[int, int]
    file: int
    source_id: str
    name: str
    ground_truth: GroundTruth
    dropped: str = ""

    @property
    def image_bytes(self) -> int:
        """The size of the image in bytes."""
        return len(self.image) if isinstance(self.image, bytes) else self.image.nbytes


class ArrowWriter:
    """Writes rows to a file, in a `with` block, with one batch of them in memory."""

    def __init__(self, path: Path, metadata: ArrowMetadata) -> None:
        self._schema = schema_of(metadata)
        self._file = pa.OSFile(str(path), "wb")
        self._writer = pa.ipc.new_file(self._file, self._schema)
        self._rows: list[ArrowRow] = []
        self._bytes = self._rows_before = 0

    def add(self, row: ArrowRow) -> None:
        """Append a row."""
        self._rows.append(row)
        self._bytes += row.image_bytes
        if self._bytes >= _BATCH_BYTES or len(self._rows) >= _BATCH_ROWS:
            self._write_batch()

    def _write_batch(self) -> None:
        batch, rows = _batch_of(self._rows, self._schema), len(self._rows)
        mark = batch_checksum(values_checksum(batch), rows_before=self._rows_before, rows=rows)
        self._writer.write_batch(batch, {CHECKSUM_KEY: mark})
        self._rows_before += rows
        self._rows, self._bytes = [], 0

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the last rows and the empty batch at the end; after an error only close the file."""
        with self._file:
            if error is not None:
                return
            if self._rows:
                self._write_batch()
            self._write_batch()
            self._writer.close()


def _batch_of(rows: Sequence[ArrowRow], schema: pa.Schema) -> pa.RecordBatch:
    ends = np.cumsum([0, *(row.image_bytes for row in rows)], dtype=np.int64)
    pixels = b"".join(row.image if isinstance(row.image, bytes) else row.image.data for row in rows)
    numbers = np.array(
        [(*row.size[::-1], *row.original_size[::-1], row.file, len(row.ground_truth)) for row in rows],
        np.int32,
    ).reshape(len(rows), len(NUMBERS))
    objects = np.cumsum([0, *numbers[:, -1]], dtype=np.int32)
    columns = [
        pa.Array.from_buffers(pa.large_binary(), len(rows), [None, pa.py_buffer(ends), pa.py_buffer(pixels)]),
        *(pa.array(np.ascontiguousarray(column)) for column in numbers.T),
        *(_objects_of(rows, name, objects) for name in OBJECTS),
        pa.array([row.source_id for row in rows], pa.string()),
        pa.array([row.name for row in rows], pa.string()),
    ]
    if "dropped" in schema.names:
        columns.append(pa.array([row.dropped for row in rows], pa.string()))
    return pa.record_batch(columns, schema=schema)


def _objects_of(rows: Sequence[ArrowRow], name: str, ends: NDArray[np.int32]) -> pa.ListArray:
    """Return a list column of the objects of all rows."""
    field, dtype = _TRUTH_FIELDS.get(name, name), OBJECTS[name]
    parts = [np.ravel(getattr(row.ground_truth, field)) for row in rows]
    values = np.concatenate([np.zeros(0, dtype), *parts]).astype(dtype, copy=False)
    width = np.int32(4 if name == "boxes" else 1)
    return pa.ListArray.from_arrays(pa.array(ends * width), pa.array(values))
