"""TFRecord files with the Object Detection API's features: writing, finding and reading them."""

import glob
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from detection.core.errors import DataError
from detection.core.files import atomic_path
from detection.core.labels import LabelMap
from detection.data.examples import Record, decode_example, encode_example

__all__ = ["SUFFIX", "Record", "find_records", "read_records", "shard_names", "shard_writer", "write_records"]

SUFFIX = ".tfrecord"


def shard_names(split: str, shards: int) -> tuple[str, ...]:
    """Return the file names of a split written to so many shards."""
    return tuple(f"{split}-{index:05d}-of-{shards:05d}{SUFFIX}" for index in range(shards))


def write_records(
    records: Iterable[Record], label_map: LabelMap, directory: Path, split: str, *, shards: int
) -> tuple[Path, ...]:
    """Write records to `shards` files `SPLIT-00000-of-0000N.tfrecord`, dealt out in turn; each appears whole.

    The records are taken one at a time, so any number of them fits into memory. DataError is raised for an
    object whose class the label map lacks.
    """
    paths = tuple(directory / name for name in shard_names(split, shards))
    with ExitStack() as stack:
        appends = [stack.enter_context(shard_writer(path, label_map)) for path in paths]
        for index, record in enumerate(records):
            appends[index % shards](record)
    return paths


@contextmanager
def shard_writer(path: Path, label_map: LabelMap) -> Iterator[Callable[[Record], None]]:
    """Yield a function that appends a record to the file `path`, which appears whole when the block ends."""
    import tensorflow as tf

    with atomic_path(path) as temporary, tf.io.TFRecordWriter(str(temporary)) as writer:
        yield lambda record: writer.write(encode_example(record, label_map))


def read_records(paths: Sequence[Path], label_map: LabelMap | None) -> Iterator[Record]:
    """Read records in the order of the files, one at a time.

    The rules are those of the Object Detection API's decoder: with a label map the class text wins over the
    numeric label, and an object of a class that the map lacks is dropped; so is an object with a NaN
    coordinate. Weights and flags are dropped together with their boxes (the original let them shift). Without a
    label map the numeric labels are taken. DataError names the file of a record that is damaged or contradicts
    itself.
    """
    for path in paths:
        for index, serialised in enumerate(_serialised_records(path)):
            yield decode_example(serialised, label_map, place=f"{path}: record {index}")


def _serialised_records(path: Path) -> Iterator[bytes]:
    """Yield the raw records of a file; DataError where it is missing, damaged or cut off."""
    import tensorflow as tf

    if not path.is_file():
        raise DataError(f"{path}: there is no such TFRecord file")
    # The plain reader under TensorFlow's deprecation notice: a tf.data pipeline would start TensorFlow's
    # runtime and with it claim every visible GPU, in processes that only prepare data.
    iterator = inspect.unwrap(tf.compat.v1.io.tf_record_iterator)(str(path))
    while True:
        try:
            serialised = next(iterator)
        except StopIteration:
            return
        except tf.errors.OpError as error:
            raise DataError(
                f"{path}: the file is damaged or is no TFRecord file ({error.message}); write it again"
            ) from error
        yield serialised


def find_records(source: str | Path, split: str | None = None) -> tuple[Path, ...]:
    """Return the TFRecord files, sorted by name, that `source` stands for.

    `source` is a folder (its `SPLIT-*` files, or all its TFRecord files without a split), a glob pattern or one
    file. DataError where nothing is found.
    """
    path = Path(source)
    if path.is_file():
        return (path,)
    if path.is_dir():
        pattern = f"{split}-*" if split is not None else f"*{SUFFIX}"
        found = sorted(file for file in path.glob(pattern) if file.is_file())
        wanted = f"{pattern}" if split is None else f"{split}-00000-of-0000N{SUFFIX}"
    else:
        found = sorted(Path(name) for name in glob.glob(str(source)) if Path(name).is_file())  # noqa: PTH207
        wanted = "file that matches"
    if not found:
        raise DataError(
            f"{source}: no TFRecord file found (wanted {wanted}); write some with `sweepbox prepare`"
        )
    _check_all_shards_there(found)
    return tuple(found)


def _check_all_shards_there(paths: Sequence[Path]) -> None:
    """Raise DataError where files named `…-of-0000N…` are not all N there."""
    counts: dict[tuple[str, int], int] = {}
    for path in paths:
        match = re.fullmatch(r"(.+)-\d{5}-of-(\d{5})(\..*)?", path.name)
        if match:
            key = (str(path.with_name(match[1])), int(match[2]))
            counts[key] = counts.get(key, 0) + 1
    for (stem, wanted), count in counts.items():
        if count != wanted and len(paths) > 1:
            raise DataError(f"{stem}-*: {count} shards found but their names say {wanted}; complete the set")
