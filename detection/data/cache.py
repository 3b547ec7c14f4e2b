"""Record sets decoded once per machine: an Arrow file, memory-mapped and shared by every process there."""

import hashlib
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from filelock import FileLock
from numpy.typing import NDArray

from detection.core.detections import GroundTruth
from detection.core.errors import DataError
from detection.core.files import sha256_of
from detection.core.labels import LabelMap
from detection.data.cache_file import COLUMNS, FORMAT_VERSION, KEY, open_table, write_cache
from detection.data.pixels import decode_pixels

CACHE_FOLDER = ".sweepbox-cache"


def open_record_set(
    paths: Sequence[Path],
    label_map: LabelMap,
    *,
    cache_directory: Path | None = None,
    max_side: int | None = None,
    disk_budget_bytes: int | None = None,
) -> "RecordSet":
    """Return the records of TFRecord files as a record set, decoded once and mapped read-only.

    Images whose longer side exceeds `max_side` pixels are shrunk to it. The Arrow file stands in
    `cache_directory` (by default a folder beside the records), named by a hash of the records' content, the
    label map and the bound; the first process to need it writes it, others wait. A torn or stale file is
    written again. Where the pixels would not fit `disk_budget_bytes` (by default half of what is free) the
    file holds the encoded images and `image` decodes them. DataError names a record that cannot be decoded.
    """
    if not paths:
        raise DataError("there is no TFRecord file to read; name at least one")
    directory = cache_directory if cache_directory is not None else paths[0].parent / CACHE_FOLDER
    key = _content_key(paths, label_map, max_side)
    path = directory / f"{key[:24]}.arrow"
    table = open_table(path, key)
    if table is None:
        directory.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            table = open_table(path, key)  # another process may have written it while this one waited
            if table is None:
                write_cache(
                    paths, label_map, path, key=key, max_side=max_side, disk_budget_bytes=disk_budget_bytes
                )
                table = open_table(path, key)
    if table is None:
        raise DataError(
            f"{path}: the decoded images could not be read back; check the disk and remove the file"
        )
    return RecordSet(table)


def _content_key(paths: Sequence[Path], label_map: LabelMap, max_side: int | None) -> str:
    """Return the hash that names a cache file, 64 hexadecimal digits; DataError where a file is missing."""
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise DataError(f"{missing[0]}: there is no such TFRecord file; write it with `sweepbox prepare`")
    parts = [
        FORMAT_VERSION,
        max_side,
        label_map.items,
        label_map.stored_names,
        [sha256_of(path) for path in paths],
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class RecordSet:
    """Decoded images with their objects, backed by a memory-mapped Arrow table.

    `sizes` int32 `[n, 2]` are the heights and widths of the images as they stand here, `original_sizes` those
    of the stored pictures; `files` int32 `[n]` numbers the file that each comes from; `canvas` is the smallest
    (height, width) that holds every image; `max_boxes` the largest number of objects in one image;
    `fingerprint` names the content.
    """

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._images = _mapped_bytes(table.column("image"))
        self._is_encoded = table.schema.metadata[b"encoded"] == b"1"
        columns = {name: table.column(name).to_numpy() for name in ("height", "width")}
        self.sizes: NDArray[np.int32] = np.stack([columns["height"], columns["width"]], axis=1)
        originals = [table.column(f"original_{side}").to_numpy() for side in ("height", "width")]
        self.original_sizes: NDArray[np.int32] = np.stack(originals, axis=1)
        self.files: NDArray[np.int32] = table.column("file").to_numpy()
        self.source_ids: list[str] = table.column("source_id").to_pylist()
        self.fingerprint: str = table.schema.metadata[KEY].decode()
        self._truths = _ground_truths(table)
        self.max_boxes = max((len(truth) for truth in self._truths), default=0)

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self._truths)

    @property
    def canvas(self) -> tuple[int, int]:
        """The smallest (height, width) in pixels that holds every image; (0, 0) without any."""
        height, width = self.sizes.max(axis=0, initial=0).tolist()
        return height, width

    def image(self, index: int) -> NDArray[np.uint8]:
        """Return an image, uint8 `[height, width, 3]`, read-only and not copied unless it is stored encoded."""
        height, width = self.sizes[index].tolist()
        if self._is_encoded:
            name = self._table.column("name")[index].as_py()
            return decode_pixels(self._images[index].tobytes(), name, size=(width, height))
        return self._images[index].reshape(height, width, 3)

    def ground_truth(self, index: int) -> GroundTruth:
        """Return the objects of an image, boxes normalised to it."""
        return self._truths[index]


def _mapped_bytes(column: pa.ChunkedArray) -> list[NDArray[np.uint8]]:
    """Return the bytes of every value of a `large_binary` column as read-only views, without a copy."""
    views: list[NDArray[np.uint8]] = []
    for chunk in column.chunks:
        _, offset_buffer, data_buffer = chunk.buffers()
        ends = np.frombuffer(offset_buffer, np.int64)[chunk.offset : chunk.offset + len(chunk) + 1].tolist()
        data = np.frombuffer(data_buffer, np.uint8)
        data.flags.writeable = False  # writing into the read-only mapping would kill the process
        views += [data[start:end] for start, end in pairwise(ends)]
    return views


def _ground_truths(table: pa.Table) -> list[GroundTruth]:
    """Return the objects of every image; the flat columns are read once, each image gets views of them."""
    counts = table.column("objects").to_numpy()
    ends = np.cumsum(counts)
    flat: dict[str, NDArray[Any]] = {}
    for name, dtype in COLUMNS.items():
        column = table.column(name).combine_chunks()
        values = column.flatten() if len(column) else pa.array([], pa.float32())
        flat[name] = np.asarray(values.to_numpy(zero_copy_only=False), dtype)
    boxes = flat["boxes"].reshape(-1, 4)
    return [
        GroundTruth(
            boxes_yxyx=boxes[start:end],
            class_ids=flat["class_ids"][start:end],
            weights=flat["weights"][start:end],
            difficult=flat["difficult"][start:end],
            crowd=flat["crowd"][start:end],
            group_of=flat["group_of"][start:end],
        )
        for start, end in zip(ends - counts, ends, strict=True)
    ]
