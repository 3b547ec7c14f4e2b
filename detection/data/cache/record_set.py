"""A record set: images and their objects as views of a memory-mapped Arrow file."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sweepbox.detection.core.detections import GroundTruth
from sweepbox.detection.core.errors import DataError
from sweepbox.detection.data.cache.arrow.metadata import NUMBERS, OBJECTS, ArrowMetadata
from sweepbox.detection.data.dropped import Dropped, dropped_from_text
from sweepbox.detection.data.parallel import worker_count
from sweepbox.detection.data.pixels import decode_pixels

_DROPPED = "dropped"
_FLAGS = ("difficult", "crowd", "group_of")


class RecordSet:
    """Images with their objects, backed by a memory-mapped Arrow file.

    Only a few numbers of each image are in memory. Pixels and objects are views of the mapped file, made on
    access, whose pages all processes of a machine share.

    Attributes:
        path: The Arrow file.
        metadata: The metadata of the file.
        fingerprint: A hash of the content.
        is_encoded: Whether the file has encoded images, which are decoded at each access.
        sizes: int32 `[n, 2]`, height and width of each image in the file.
        original_sizes: int32 `[n, 2]`, height and width of each image in the TFRecords.
        files: int32 `[n]`, the number of the TFRecord file of each image.
        objects: int32 `[n]`, the number of objects of each image.
        max_boxes: The largest number of objects in one image.
    """

    def __init__(self, path: Path, table: pa.Table, metadata: ArrowMetadata) -> None:
        self.path = path
        self.metadata = metadata
        self.fingerprint = metadata.content
        self.is_encoded = metadata.encoded
        self._table = table
        self._blocks = [_Block(batch) for batch in table.to_batches()]
        self._starts = np.cumsum([0, *(len(block) for block in self._blocks)], dtype=np.int64)
        numbers = {name: table.column(name).to_numpy() for name in NUMBERS}
        self.sizes: NDArray[np.int32] = np.stack([numbers["height"], numbers["width"]], axis=1)
        originals = [numbers["original_height"], numbers["original_width"]]
        self.original_sizes: NDArray[np.int32] = np.stack(originals, axis=1)
        self.files: NDArray[np.int32] = numbers["file"]
        self.objects: NDArray[np.int32] = numbers["objects"]
        self.max_boxes = int(self.objects.max(initial=0))

    @classmethod
    def mapped(cls, path: Path) -> Self:
        """Return the record set of an intact Arrow file."""
        with pa.memory_map(str(path)) as mapping:
            table = pa.ipc.open_file(mapping).read_all()
        metadata = ArrowMetadata.of(table.schema.metadata)
        if metadata is None:
            raise DataError(f"{path}: it is not a file of decoded records of this version; write it again")
        return cls(path, table, metadata)

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.files)

    @property
    def canvas(self) -> tuple[int, int]:
        """The smallest (height, width) in pixels that every image fits into; (0, 0) without images."""
        height, width = self.sizes.max(axis=0, initial=0).tolist()
        return height, width

    @property
    def source_ids(self) -> list[str]:
        """The unique names of the images, read from the file at every access."""
        names: list[str] = self._table.column("source_id").to_pylist()
        return names

    @property
    def dropped(self) -> Dropped:
        """The number of objects of the TFRecords that are not in the file, read from it at every access."""
        total: Dropped = Counter()
        if _DROPPED in self._table.column_names:
            for entry in self._table.column(_DROPPED).value_counts().to_pylist():
                for key, count in dropped_from_text(entry["values"]).items():
                    total[key] += count * entry["counts"]
        return total

    @property
    def class_counts(self) -> dict[int, int]:
        """The number of objects of each class id, counted in the file at every access."""
        counts = (np.unique(block.class_ids, return_counts=True) for block in self._blocks)
        total: Counter[int] = Counter()
        for ids, numbers in counts:
            total.update(dict(zip(ids.tolist(), numbers.tolist(), strict=True)))
        return dict(total)

    def dropped_text(self, index: int) -> str:
        """Return the number of dropped objects of an image, see `dropped_to_text`."""
        block, row = self._place(index)
        return str(block.batch.column(_DROPPED)[row].as_py()) if _DROPPED in self._table.column_names else ""

    def image(self, index: int) -> NDArray[np.uint8]:
        """Return an image, uint8 `[height, width, 3]`, read-only and not copied unless it is stored encoded."""
        height, width = self.sizes[index].tolist()
        stored = self.stored_image(index)
        if self.is_encoded:
            return decode_pixels(stored.tobytes(), self.name(index), size=(width, height))
        return stored.reshape(height, width, 3)

    def images(self, indices: Sequence[int]) -> list[NDArray[np.uint8]]:
        """Return several images in the order of `indices`; threads decode encoded ones."""
        if self.is_encoded and len(indices) > 1:
            return list(self._decoders.map(self.image, indices))
        return [self.image(index) for index in indices]

    def stored_image(self, index: int) -> NDArray[np.uint8]:
        """Return the bytes of an image in the file: its pixels, or an encoded image."""
        block, row = self._place(index)
        return block.image(row)

    def ground_truth(self, index: int) -> GroundTruth:
        """Return the objects of an image, boxes normalised to it; read-only views of the file."""
        block, row = self._place(index)
        return block.ground_truth(row)

    def name(self, index: int) -> str:
        """Return the name of an image for messages."""
        block, row = self._place(index)
        return block.name(row)

    def _place(self, index: int) -> tuple["_Block", int]:
        """Return the block of an image and its row there; IndexError if there is no such image."""
        if not 0 <= index < len(self):
            raise IndexError(f"there is no image {index} among {len(self)}")
        number = int(np.searchsorted(self._starts, index, side="right")) - 1
        return self._blocks[number], index - int(self._starts[number])

    @cached_property
    def _decoders(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(worker_count(), thread_name_prefix="image-decoders")


@dataclass(frozen=True, eq=False)
class _Block:
    """A batch of rows of the file; views of its columns are made on first access."""

    batch: pa.RecordBatch

    def __len__(self) -> int:
        return int(self.batch.num_rows)

    def image(self, row: int) -> NDArray[np.uint8]:
        ends, data = self._images
        return data[ends[row] : ends[row + 1]]

    def ground_truth(self, row: int) -> GroundTruth:
        ends, columns = self._objects
        here = slice(int(ends[row]), int(ends[row + 1]))
        return GroundTruth(
            boxes_yxyx=columns["boxes"][here],
            class_ids=columns["class_ids"][here],
            weights=columns["weights"][here],
            difficult=columns["difficult"][here],
            crowd=columns["crowd"][here],
            group_of=columns["group_of"][here],
        )

    @property
    def class_ids(self) -> NDArray[np.int64]:
        """The class ids of all objects."""
        ids: NDArray[np.int64] = self._objects[1]["class_ids"]
        return ids

    def name(self, row: int) -> str:
        return str(self.batch.column("name")[row].as_py())

    @cached_property
    def _images(self) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Where each image ends, and the bytes of all, read-only: writing them would kill the process."""
        _, ends, data = self.batch.column("image").buffers()
        views = np.frombuffer(ends, np.int64), np.frombuffer(data, np.uint8)
        for view in views:
            view.flags.writeable = False
        return views

    @cached_property
    def _objects(self) -> tuple[NDArray[np.int32], dict[str, NDArray[Any]]]:
        """Where the objects of each image end, and their values."""
        columns = {}
        for name in OBJECTS:
            values = self.batch.column(name).values.to_numpy()
            columns[name] = values.view(np.bool_) if name in _FLAGS else values
        columns["boxes"] = columns["boxes"].reshape(-1, 4)
        return self.batch.column("class_ids").offsets.to_numpy(), columns
