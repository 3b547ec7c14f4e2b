"""Writes, finds and reads TFRecord files with the Object Detection API's features."""

import inspect
import os
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import FileIO
from pathlib import Path

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.files import atomic_path
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.limits import RECORD_BYTES
from sweepbox.detection.core.patterns import matching_files
from sweepbox.detection.data.examples import Record, decode_example, encode_example

__all__ = [
    "SUFFIX",
    "Record",
    "find_records",
    "read_records",
    "serialised_records",
    "shard_names",
    "shard_writer",
    "write_records",
]

SUFFIX = ".tfrecord"
_LENGTH = struct.Struct("<Q")
_FRAME_BYTES = 16
"""The bytes of a record's length and of the two checksums."""


def shard_names(split: str, shards: int) -> tuple[str, ...]:
    """Return the file names of a split with `shards` files."""
    return tuple(f"{split}-{index:05d}-of-{shards:05d}{SUFFIX}" for index in range(shards))


def write_records(
    records: Iterable[Record], label_map: LabelMap, directory: Path, split: str, *, shards: int
) -> tuple[Path, ...]:
    """Write records in turn to `shards` files `SPLIT-00000-of-0000N.tfrecord`, each of them atomically.

    Only one record at a time is in memory. DataError if the label map lacks the class of an object.
    """
    paths = tuple(directory / name for name in shard_names(split, shards))
    with ExitStack() as stack:
        appends = [stack.enter_context(shard_writer(path, label_map)) for path in paths]
        for index, record in enumerate(records):
            appends[index % shards](record)
    return paths


@contextmanager
def shard_writer(path: Path, label_map: LabelMap) -> Iterator[Callable[[Record], None]]:
    """Yield a function that appends a record to the file `path`, which is written atomically."""
    import tensorflow as tf

    with atomic_path(path) as temporary, tf.io.TFRecordWriter(str(temporary)) as writer:
        yield lambda record: writer.write(encode_example(record, label_map))


def read_records(paths: Sequence[Path], label_map: LabelMap | None) -> Iterator[Record]:
    """Read records in the order of the files, one at a time.

    The rules are those of the Object Detection API's decoder. With a label map the class text overrides the
    numeric label, and objects of unknown classes are dropped; without, the numeric labels are used. Objects
    with a NaN coordinate are dropped. Weights and flags are dropped with their boxes (the original shifts
    them). `Record.dropped` counts what is dropped. DataError names the file of a record that is damaged,
    contradicts itself or has a value that cannot be meant, such as a weight below 0.
    """
    for path in paths:
        for index, serialised in enumerate(serialised_records(path)):
            yield decode_example(serialised, label_map, place=f"{path}: record {index}")


def serialised_records(path: Path) -> Iterator[bytes]:
    """Yield the serialised records of a file; DataError if it is missing, damaged or truncated."""
    import tensorflow as tf

    if not path.is_file():
        raise DataError(f"{path}: there is no such TFRecord file")
    # The plain reader beneath TensorFlow's deprecation warning: a tf.data pipeline would start TensorFlow's
    # runtime, which claims every visible GPU, in processes that only prepare data.
    iterator = inspect.unwrap(tf.compat.v1.io.tf_record_iterator)(str(path))
    with path.open("rb", buffering=0) as file:
        lengths = _Lengths(path, file)
        while True:
            lengths.check_next()
            try:
                serialised = next(iterator)
            except StopIteration:
                return
            except tf.errors.OpError as error:
                raise DataError(
                    f"{path}: the file is damaged or not a TFRecord file ({error.message}); write it again"
                ) from error
            yield serialised


class _Lengths:
    """Checks the length of each record before TensorFlow, which allocates it, reads the record."""

    def __init__(self, path: Path, file: FileIO) -> None:
        self._path = path
        self._file = file
        self._size = os.fstat(file.fileno()).st_size
        self._start = self._number = 0

    def check_next(self) -> None:
        """Check the next record; DataError if it is longer than the rest of the file or than the limit."""
        self._file.seek(self._start)
        header = self._file.read(_LENGTH.size)
        if not header:
            return
        rest = self._size - self._start
        if len(header) < _LENGTH.size:
            raise DataError(
                f"{self._path}: the file is damaged or not a TFRecord file ({rest} bytes follow record "
                f"{self._number - 1}); write it again"
            )
        (length,) = _LENGTH.unpack(header)
        if length + _FRAME_BYTES > rest:
            raise DataError(
                f"{self._path}: the file is damaged or not a TFRecord file (record {self._number} states "
                f"{length} bytes, the file has {rest} left); write it again"
            )
        if length > RECORD_BYTES.value:
            raise DataError(f"{self._path}: record {self._number}: {RECORD_BYTES.excess(length)}")
        self._start += length + _FRAME_BYTES
        self._number += 1


def find_records(source: str | Path, split: str | None = None) -> tuple[Path, ...]:
    """Return the TFRecord files of `source`, sorted by name.

    `source` is a folder, a glob pattern or one file. In a folder these are the files named `SPLIT-….tfrecord…`
    or `SPLIT.record…`; without a split, all TFRecord files. DataError if nothing is found or where a
    folder lacks a shard of a numbered set.
    """
    path = Path(source)
    if path.is_file():
        return (path,)
    if path.is_dir():
        found = _records_in(path, split)
        wanted = f"*{SUFFIX}" if split is None else f"{split}-00000-of-0000N{SUFFIX}"
    else:
        found = matching_files(source)
        wanted = "a file that matches"
    if not found:
        raise DataError(
            f"{source}: no TFRecord file found (wanted {wanted}); write some with `sweepbox prepare`"
        )
    return tuple(found)


def has_records(folder: Path, split: str) -> bool:
    """Return whether a folder has TFRecord files of a split; DataError where some of a numbered set miss."""
    return bool(_records_in(folder, split))


def _records_in(folder: Path, split: str | None) -> list[Path]:
    """Return the TFRecord files of a folder by name; DataError if shards of a numbered set are missing."""
    stem = r"[^.].*" if split is None else re.escape(split)
    named = re.compile(rf"{stem}([-.].*)?\.(tfrecords?|record)([-.].*)?")
    found = sorted(path for path in folder.iterdir() if named.fullmatch(path.name) and path.is_file())
    for key, shards in _numbered(found).items():
        wanted = int(key[-5:])
        if shards != wanted:
            raise DataError(f"{folder}: {shards} of the {wanted} files of {key} are there; complete the set")
    return found


def _numbered(paths: Sequence[Path]) -> Counter[str]:
    """Return the number of files of each set numbered `…-00000-of-0000N`, by the set's name."""
    matches = (re.search(r"^(.+-)\d{5}(-of-\d{5})", path.name) for path in paths)
    return Counter(f"{match[1]}*{match[2]}" for match in matches if match)
