"""A record set: images and their objects as views of a memory-mapped Arrow file."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sweepbox.detection.core.array_files import check_arrow
from sweepbox.detection.core.detections import GroundTruth
from sweepbox.detection.core.errors import DataError
from sweepbox.detection.data.cache.arrow.metadata import NUMBERS, OBJECTS, ArrowMetadata
from sweepbox.detection.data.dropped import Dropped, dropped_from_text
from sweepbox.detection.data.parallel import worker_count
from sweepbox.detection.data.pixels import decode_pixels

_DROPPED = "dropped"
_FLAGS = ("difficult", "crowd", "group_of")


class RecordSet:
    """Images with their objects, backed by a memory-mapped Arrow file, or chosen from several such sets.

    Only a few numbers of each image are in memory. Pixels and objects are views of the mapped files, made on
    access, whose pages all processes of a machine share.

    Attributes:
        path: The Arrow file; of chosen images that of the first set.
        metadata: The metadata of that file.
        fingerprint: A hash of the content.
        sizes: int32 `[n, 2]`, height and width of each image in the file.
        original_sizes: int32 `[n, 2]`, height and width of each image in the TFRecords.
        files: int32 `[n]`, the number of the TFRecord file of each image.
        objects: int32 `[n]`, the number of objects of each image.
        canvas: The smallest (height, width) in pixels that every image fits into; (0, 0) without images.
        max_boxes: The largest number of objects in one image.
    """

    def __init__(self, blocks: Sequence["_Block"], origin: "_Origin", numbers: NDArray[np.int32]) -> None:
        self.path = origin.path
        self.metadata = origin.metadata
        self.fingerprint = origin.fingerprint
        self._numbers = numbers
        self._blocks = [block for block in blocks if len(block)]
        self._starts = np.cumsum([0, *(len(block) for block in self._blocks)], dtype=np.int64)
        columns = dict(zip(NUMBERS, numbers.T, strict=True))
        self.sizes: NDArray[np.int32] = np.stack([columns["height"], columns["width"]], axis=1)
        originals = [columns["original_height"], columns["original_width"]]
        self.original_sizes: NDArray[np.int32] = np.stack(originals, axis=1)
        self.files: NDArray[np.int32] = columns["file"]
        self.objects: NDArray[np.int32] = columns["objects"]
        height, width = self.sizes.max(axis=0, initial=0).tolist()
        self.canvas: tuple[int, int] = (height, width)
        self.max_boxes = int(self.objects.max(initial=0))

    @classmethod
    def mapped(cls, path: Path) -> Self:
        """Return the record set of an intact Arrow file."""
        try:
            check_arrow(path)
        except ValueError as error:
            raise DataError(f"{path}: {error}; write it again") from error
        with pa.memory_map(str(path)) as mapping:
            table = pa.ipc.open_file(mapping).read_all()
        metadata = ArrowMetadata.of(table.schema.metadata)
        if metadata is None:
            raise DataError(f"{path}: it is not a file of decoded records of this version; write it again")
        blocks = [
            _Block(batch, np.arange(batch.num_rows), is_encoded=metadata.encoded)
            for batch in table.to_batches()
        ]
        numbers = np.stack([table.column(name).to_numpy() for name in NUMBERS], axis=1)
        return cls(blocks, _Origin(path, metadata, metadata.content), numbers)

    @classmethod
    def chosen(cls, sets: Sequence[Self], indices: Sequence[NDArray[np.int64]]) -> Self:
        """Return images of several sets as one, in the order of the sets and of the images in them.

        Nothing is copied. The canvas and the largest number of objects are those of the sets, so that all
        choices have the same shapes. The files are numbered through.

        Args:
            sets: At least one set.
            indices: For each set its chosen images, ascending.

        Raises:
            ValueError: The indices are not ascending, or a set has no such image.
        """
        for records, wanted in zip(sets, indices, strict=True):
            if len(wanted) and not (
                wanted[0] >= 0 and wanted[-1] < len(records) and (np.diff(wanted) > 0).all()
            ):
                raise ValueError(f"the chosen images are not ascending positions below {len(records)}")
        blocks = [
            block for records, wanted in zip(sets, indices, strict=True) for block in records._chosen(wanted)
        ]
        hashed = hashlib.sha256("\n".join(records.fingerprint for records in sets).encode())
        for wanted in indices:
            hashed.update(b"\n" + np.ascontiguousarray(wanted, "<i8").tobytes())
        first_files = np.cumsum([0, *(int(records.files.max(initial=-1)) + 1 for records in sets)])
        numbers = np.concatenate(
            [records._numbers[wanted] for records, wanted in zip(sets, indices, strict=True)]
        )
        numbers[:, NUMBERS.index("file")] += np.repeat(first_files[:-1], [len(wanted) for wanted in indices])
        found = cls(blocks, _Origin(sets[0].path, sets[0].metadata, hashed.hexdigest()), numbers)
        found.canvas = max(records.canvas[0] for records in sets), max(records.canvas[1] for records in sets)
        found.max_boxes = max(records.max_boxes for records in sets)
        return found

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.files)

    @property
    def is_encoded(self) -> bool:
        """Whether there are encoded images, which are decoded at each access."""
        return any(block.is_encoded for block in self._blocks)

    @property
    def source_ids(self) -> list[str]:
        """The unique names of the images, read from the file at every access."""
        return [name for block in self._blocks for name in block.texts("source_id")]

    @property
    def dropped(self) -> Dropped:
        """The number of objects of the TFRecords that are not in the file, read from it at every access."""
        total: Dropped = Counter()
        texts = Counter(text for block in self._blocks for text in block.texts(_DROPPED))
        for text, images in texts.items():
            for key, count in dropped_from_text(text).items():
                total[key] += count * images
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
        return block.text(_DROPPED, row)

    def image(self, index: int) -> NDArray[np.uint8]:
        """Return an image, uint8 `[height, width, 3]`, read-only and not copied unless it is stored encoded."""
        height, width = self.sizes[index].tolist()
        block, row = self._place(index)
        stored = block.image(row)
        if block.is_encoded:
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
        return block.text("name", row)

    def _place(self, index: int) -> tuple["_Block", int]:
        """Return the block of an image and its row there; IndexError if there is no such image."""
        if not 0 <= index < len(self):
            raise IndexError(f"there is no image {index} among {len(self)}")
        number = int(np.searchsorted(self._starts, index, side="right")) - 1
        return self._blocks[number], index - int(self._starts[number])

    def _chosen(self, indices: NDArray[np.int64]) -> Iterator["_Block"]:
        """Yield what the blocks have of some images, given by ascending indices."""
        ends = np.searchsorted(indices, self._starts)
        for number, block in enumerate(self._blocks):
            yield block.chosen(indices[ends[number] : ends[number + 1]] - self._starts[number])

    @cached_property
    def _decoders(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(worker_count(), thread_name_prefix="image-decoders")


@dataclass(frozen=True)
class _Origin:
    """Where a set comes from: its file, the metadata of that, a hash of the content of the set."""

    path: Path
    metadata: ArrowMetadata
    fingerprint: str


@dataclass(frozen=True, eq=False)
class _Block:
    """Rows of a batch of rows of the file; views of its columns are made on first access."""

    batch: pa.RecordBatch
    rows: NDArray[np.int64]
    is_encoded: bool

    def __len__(self) -> int:
        return len(self.rows)

    def chosen(self, rows: NDArray[np.int64]) -> "_Block":
        """Return the block with some of its rows."""
        return replace(self, rows=self.rows[rows])

    def image(self, row: int) -> NDArray[np.uint8]:
        ends, data = self._images
        place = self.rows[row]
        return data[ends[place] : ends[place + 1]]

    def ground_truth(self, row: int) -> GroundTruth:
        ends, columns = self._objects
        place = self.rows[row]
        here = slice(int(ends[place]), int(ends[place + 1]))
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
        ends, columns = self._objects
        is_chosen = np.zeros(self.batch.num_rows, np.bool_)
        is_chosen[self.rows] = True
        ids: NDArray[np.int64] = columns["class_ids"][np.repeat(is_chosen, np.diff(ends))]
        return ids

    def text(self, column: str, row: int) -> str:
        """Return a text of a row; empty where files of this version have no such column."""
        return str(self.batch.column(column)[int(self.rows[row])].as_py()) if self._has(column) else ""

    def texts(self, column: str) -> list[str]:
        """Return a text of each row; none where files of this version have no such column."""
        texts: list[str] = (
            self.batch.column(column).take(pa.array(self.rows)).to_pylist() if self._has(column) else []
        )
        return texts

    def _has(self, column: str) -> bool:
        return column in self.batch.schema.names

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
