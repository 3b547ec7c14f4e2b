"""The file of an evaluation's matches: Arrow IPC, one row for each image.

The columns are `image` (its name), `objects` (the objects to be found, for each area range and class) and lists
with one entry for each detection: `class` (from 0), `score`, `matched` and `ignored` (the flags of all area
ranges and IoU thresholds as bits, the first flag in the highest bit of the first byte). The metadata of the
schema names the format, its version and the classes.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sweepbox.detection.core.array_files import check_arrow
from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.files import atomic_path
from sweepbox.detection.core.json_text import parse_json
from sweepbox.detection.evaluation.image_matches import AREA_RANGES, IOU_THRESHOLDS, ImageMatches
from sweepbox.detection.evaluation.matching import BoolArray

_FORMAT = {"format": "sweepbox image matches", "version": 1}
_KEY = b"sweepbox"
_FLAGS = len(AREA_RANGES) * len(IOU_THRESHOLDS)
_BYTES = -(-_FLAGS // 8)


def write_matches(path: Path, matches: ImageMatches) -> None:
    """Write matches to a file, atomically; its parent folder is made."""
    order = np.lexsort((matches.class_index, matches.image_index))
    counts = np.bincount(matches.image_index, minlength=matches.num_images)
    ends = pa.array(np.cumsum([0, *counts], dtype=np.int32))
    objects = matches.num_objects.transpose(2, 0, 1).reshape(-1)
    columns = {
        "image": pa.array(matches.image_names, pa.string()),
        "objects": pa.FixedSizeListArray.from_arrays(
            pa.array(objects.astype(np.int32)), len(AREA_RANGES) * len(matches.class_names)
        ),
        "class": pa.ListArray.from_arrays(ends, pa.array(matches.class_index[order].astype(np.int32))),
        "score": pa.ListArray.from_arrays(ends, pa.array(matches.scores[order])),
        "matched": pa.ListArray.from_arrays(ends, _packed(matches.matched[..., order])),
        "ignored": pa.ListArray.from_arrays(ends, _packed(matches.ignored[..., order])),
    }
    text = json.dumps({**_FORMAT, "classes": matches.class_names})
    table = pa.table(columns).replace_schema_metadata({_KEY: text.encode()})
    with (
        atomic_path(path) as temporary,
        pa.OSFile(str(temporary), "wb") as file,
        pa.ipc.new_file(file, table.schema) as writer,
    ):
        writer.write_table(table)


def read_matches(path: Path) -> ImageMatches:
    """Read the matches of a file that `write_matches` wrote; they equal those written.

    Raises:
        DataError: The file is missing, damaged or of another format or version.
    """
    try:
        check_arrow(path)
        with pa.OSFile(str(path), "rb") as file:
            table = pa.ipc.open_file(file).read_all()
        found = parse_json((table.schema.metadata or {}).get(_KEY, b"{}"))
        if {key: found.get(key) for key in _FORMAT} == _FORMAT:
            return _matches_of(table, tuple(found["classes"]))
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise DataError(f"{path}: cannot be read as matches of images ({error}); evaluate again") from error
    raise DataError(f"{path}: it is not a file of matches of images of this version; evaluate again")


def _matches_of(table: pa.Table, class_names: tuple[str, ...]) -> ImageMatches:
    lists = {name: table.column(name).combine_chunks() for name in ("class", "score", "matched", "ignored")}
    image_index = np.repeat(np.arange(table.num_rows), np.diff(lists["class"].offsets.to_numpy()))
    class_index = _flat(lists["class"]).to_numpy().astype(np.int64)
    order = np.lexsort((image_index, class_index))
    objects = _flat(table.column("objects").combine_chunks()).to_numpy().astype(np.int64)
    return ImageMatches(
        class_names,
        tuple(table.column("image").to_pylist()),
        objects.reshape(table.num_rows, len(AREA_RANGES), len(class_names)).transpose(1, 2, 0),
        class_index[order],
        image_index[order].astype(np.int64),
        _flat(lists["score"]).to_numpy()[order],
        _unpacked(_flat(lists["matched"]))[..., order],
        _unpacked(_flat(lists["ignored"]))[..., order],
    )


def _flat(lists: Any) -> Any:
    """Return the values of all lists of a column as one array."""
    return lists.flatten()


def _packed(flags: BoolArray) -> Any:
    """Return flags `[area ranges, IoU, n]` as an array of n binary values."""
    bits = np.packbits(flags.reshape(_FLAGS, -1).T, axis=1)
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(_BYTES), len(bits), [None, pa.py_buffer(np.ascontiguousarray(bits))]
    )


def _unpacked(packed: Any) -> BoolArray:
    """Return flags `[area ranges, IoU, n]` of an array of n binary values."""
    content = b"".join(packed.to_pylist())
    bits: NDArray[np.uint8] = np.frombuffer(content, np.uint8).reshape(-1, _BYTES)
    flags = np.unpackbits(bits, axis=1, count=_FLAGS).T.astype(np.bool_)
    return flags.reshape(len(AREA_RANGES), len(IOU_THRESHOLDS), -1)
