"""The Arrow file of decoded records: its columns, how it is written, and how a torn one is noticed."""

import shutil
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from detection.core.errors import DataError
from detection.core.files import atomic_path
from detection.core.labels import LabelMap
from detection.data.pixels import bounded, decode_pixels, image_size
from detection.data.records import Record, read_records

FORMAT_VERSION = 4
KEY = b"content"
COLUMNS: dict[str, Any] = {
    "boxes": np.float32,
    "class_ids": np.int64,
    "weights": np.float32,
    "difficult": np.bool_,
    "crowd": np.bool_,
    "group_of": np.bool_,
}
"""The list columns of objects; `boxes` is flat, four numbers an object."""

_TRUTH_FIELDS = {"boxes": "boxes_yxyx"}
_ROWS_PER_BATCH = 16
_DECODERS = 4
_SHARE_OF_FREE_DISK = 0.5


def _schema(key: str, *, encoded: bool) -> pa.Schema:
    numbers = ("height", "width", "original_height", "original_width", "file", "objects")
    fields = [
        ("image", pa.large_binary()),
        *((name, pa.int32()) for name in numbers),
        *((name, pa.list_(pa.from_numpy_dtype(np.dtype(dtype)))) for name, dtype in COLUMNS.items()),
        ("source_id", pa.string()),
        ("name", pa.string()),
    ]
    return pa.schema(fields, metadata={KEY: key.encode(), b"encoded": b"1" if encoded else b"0"})


def open_table(path: Path, key: str) -> pa.Table | None:
    """Return the memory-mapped table of a cache file; None where it is missing, torn or of other content."""
    if not path.is_file():
        return None
    try:
        table = pa.ipc.open_file(pa.memory_map(str(path), "r")).read_all()
    except (pa.ArrowInvalid, OSError):  # a file cut off lacks its footer
        return None
    metadata = table.schema.metadata or {}
    return table if metadata.get(KEY) == key.encode() else None


def write_cache(
    paths: Sequence[Path],
    label_map: LabelMap,
    path: Path,
    *,
    key: str,
    max_side: int | None,
    disk_budget_bytes: int | None,
) -> None:
    """Decode records and write them to `path`, which appears whole; memory holds a few images at a time."""
    budget = disk_budget_bytes
    if budget is None:
        budget = int(shutil.disk_usage(path.parent).free * _SHARE_OF_FREE_DISK)
    encoded = _decoded_bytes(paths, label_map, max_side) > budget
    schema = _schema(key, encoded=encoded)
    records = ((file, record) for file, path in enumerate(paths) for record in read_records([path], label_map))
    rows = _decode_all(records, max_side, encoded=encoded)
    with (
        atomic_path(path) as temporary,
        pa.OSFile(str(temporary), "wb") as file,
        pa.ipc.new_file(file, schema) as writer,
    ):
        while batch := list(islice(rows, _ROWS_PER_BATCH)):
            writer.write_batch(pa.RecordBatch.from_pylist(batch, schema))


def _decoded_bytes(paths: Sequence[Path], label_map: LabelMap, max_side: int | None) -> int:
    """Return the bytes that the decoded pixels will take, from the images' headers alone."""
    sizes = (
        bounded(image_size(record.encoded, _name(record)), max_side)
        for record in read_records(paths, label_map)
    )
    return sum(3 * width * height for width, height in sizes)


def _decode_all(
    records: Iterable[tuple[int, Record]], max_side: int | None, *, encoded: bool
) -> Iterator[dict[str, Any]]:
    """Yield a row for every record of a numbered file, in order, decoded by threads a few images ahead."""
    with ThreadPoolExecutor(_DECODERS) as pool:
        pending: deque[Future[dict[str, Any]]] = deque()
        for file, record in records:
            pending.append(pool.submit(_row, file, record, max_side, encoded=encoded))
            if len(pending) > 2 * _DECODERS:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _row(file: int, record: Record, max_side: int | None, *, encoded: bool) -> dict[str, Any]:
    original = image_size(record.encoded, _name(record))
    size = bounded(original, max_side)
    pixels = decode_pixels(record.encoded, _name(record), size=size)  # decoded in any case: damage shows now
    truth = record.ground_truth
    objects = {
        name: np.ravel(getattr(truth, _TRUTH_FIELDS.get(name, name))).astype(dtype)
        for name, dtype in COLUMNS.items()
    }
    if truth.class_ids.size and truth.class_ids.min() < 1:
        raise DataError(f"{_name(record)}: class id {truth.class_ids.min()} is below 1; class ids start at 1")
    return {
        "image": record.encoded if encoded else pixels.tobytes(),
        "width": size[0],
        "height": size[1],
        "original_width": original[0],
        "original_height": original[1],
        "file": file,
        "objects": len(truth),
        "source_id": record.source_id,
        "name": _name(record),
        **objects,
    }


def _name(record: Record) -> str:
    return record.filename or record.source_id or "a record without a file name"
