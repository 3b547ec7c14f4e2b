"""The predictions of a detector before suppression, for all images of an evaluation, and their file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sweepbox.detection.core.array_files import check_arrow
from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.files import atomic_path

FORMAT = "1"
_KEY, _FORMAT = b"key", b"format"


@dataclass(frozen=True, eq=False)
class RawPredictions:
    """Decoded boxes and scores before suppression.

    Of each image and class the best anchors are kept (see `keep_best`). A detection of a class whose score is
    above the class's cut is the same as from all anchors, because suppression only looks at boxes that score
    higher; below the cut a detection may be missing.

    Attributes:
        boxes_yxyx: float32 `[images, anchors, 4]`, normalised to the network's input, not clipped.
        scores: float32 `[images, anchors, columns]`, with the background's column if the model has one; empty
            rows are -inf.
        true_sizes: int32 `[images, 2]`, height and width in pixels before padding.
        cuts: float32 `[images, columns]`, the best score that was left out; -inf where none was.
    """

    boxes_yxyx: NDArray[np.float32]
    scores: NDArray[np.float32]
    true_sizes: NDArray[np.int32]
    cuts: NDArray[np.float32]

    def __post_init__(self) -> None:
        """Check the shapes."""
        images, anchors, columns = self.scores.shape
        for name, shape in (
            ("boxes_yxyx", (images, anchors, 4)),
            ("true_sizes", (images, 2)),
            ("cuts", (images, columns)),
        ):
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, expected {shape}")

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.scores)

    def batches(self, rows: int) -> Iterator["RawPredictions"]:
        """Yield all images in batches of `rows` images; empty ones complete the last batch."""
        for start in range(0, len(self), rows):
            part = slice(start, start + rows)
            missing = rows - len(self.scores[part])
            yield RawPredictions(
                _padded(self.boxes_yxyx[part], missing, 0.0),
                _padded(self.scores[part], missing, -np.inf),
                _padded(self.true_sizes[part], missing, 1),
                _padded(self.cuts[part], missing, -np.inf),
            )

    def save(self, path: Path, key: str) -> None:
        """Write an Arrow file, atomically; `key` names what was predicted."""
        columns = {
            "boxes_yxyx": self.boxes_yxyx,
            "scores": self.scores,
            "true_sizes": self.true_sizes,
            "cuts": self.cuts,
        }
        arrays = [_lists(values) for values in columns.values()]
        metadata = {_FORMAT: FORMAT, _KEY: key, b"columns": str(self.scores.shape[2])}
        table = pa.table(dict(zip(columns, arrays, strict=True))).replace_schema_metadata(metadata)
        with (
            atomic_path(path, is_durable=False) as temporary,
            pa.OSFile(str(temporary), "wb") as file,
            pa.ipc.new_file(file, table.schema) as writer,
        ):
            writer.write_table(table)

    @classmethod
    def load(cls, path: Path, key: str) -> "RawPredictions | None":
        """Return the predictions in a file, memory-mapped; None where it is missing or has another key.

        Raises:
            DataError: The file is damaged.
        """
        if not path.is_file():
            return None
        try:
            check_arrow(path)
            with pa.memory_map(str(path)) as mapping:
                table = pa.ipc.open_file(mapping).read_all().combine_chunks()
            metadata = table.schema.metadata or {}
            if metadata.get(_FORMAT) != FORMAT.encode() or metadata.get(_KEY) != key.encode():
                return None
            columns = int(metadata[b"columns"])
            boxes, scores, sizes, cuts = (
                _array(table, name) for name in ("boxes_yxyx", "scores", "true_sizes", "cuts")
            )
            return cls(boxes.reshape(len(boxes), -1, 4), scores.reshape(len(scores), -1, columns), sizes, cuts)
        except (pa.ArrowException, OSError, ValueError, KeyError) as error:
            raise DataError(f"{path}: the saved predictions are damaged ({error}); delete the file") from error


def keep_best(
    boxes_yxyx: NDArray[np.float32], scores: NDArray[np.float32], *, first_class: int, count: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return the rows of an image that are among the `count` best of a class, in their order, and the cuts.

    Args:
        boxes_yxyx: The boxes `[anchors, 4]`.
        scores: The scores `[anchors, columns]`.
        first_class: The column of the first class: 1 if there is a background.
        count: The number of rows for each class.

    Returns:
        Boxes `[n, 4]`, scores `[n, columns]` and cuts `[columns]`, as in `RawPredictions`.
    """
    cuts = np.full(scores.shape[1], -np.inf, np.float32)
    if len(scores) <= count:
        return boxes_yxyx, scores, cuts
    kept = np.zeros(len(scores), np.bool_)
    classes = scores[:, first_class:]
    best = np.argpartition(-classes, count - 1, axis=0)[:count]
    kept[np.unique(best)] = True
    if not kept.all():
        cuts = scores[~kept].max(axis=0).astype(np.float32)
    return boxes_yxyx[kept], scores[kept], cuts


def _padded(values: NDArray[Any], rows: int, value: float) -> NDArray[Any]:
    return np.pad(values, [(0, rows), *[(0, 0)] * (values.ndim - 1)], constant_values=value)


def _lists(values: NDArray[Any]) -> pa.Array:
    """Return one list of equal length for each image."""
    flat = np.ascontiguousarray(values).reshape(-1)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat), flat.size // max(1, len(values)))


def _array(table: pa.Table, name: str) -> NDArray[Any]:
    """Return the rows of a column as an array `[images, values]` without copying."""
    column = table.column(name).chunk(0)
    values: NDArray[Any] = column.values.to_numpy(zero_copy_only=True)
    return values.reshape(len(column), -1)
