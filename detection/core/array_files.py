"""Checks of files of arrays before they are read: what they declare to hold must be little enough to be held.

A file of a few kilobytes can declare any size where its content is compressed, and what reads it takes the
memory before it finds out. Names that lead to other files are refused too.
"""

import os
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from sweepbox.detection.core.limits import WEIGHTS_BYTES

_MAGIC = b"ARROW1"
_MOST_METADATA_BYTES = 64 * 2**20
_BLOCK = struct.Struct("<qi4xq")
_DICTIONARIES, _RECORD_BATCHES, _HEADER, _COMPRESSION = 2, 3, 2, 3
"""Positions of fields in the tables `Footer`, `Message` and `RecordBatch` of Arrow's format."""


def check_npz(path: Path) -> None:
    """Raise ValueError, or what `zipfile` raises, where an `.npz` file declares more than `WEIGHTS_BYTES`."""
    with zipfile.ZipFile(path) as archive:
        declared = sum(max(entry.file_size, 0) for entry in archive.infolist())
    if declared > WEIGHTS_BYTES.value:
        raise ValueError(WEIGHTS_BYTES.excess(declared))


def check_h5(path: Path) -> None:
    """Raise ValueError or OSError where an HDF5 file declares more than `WEIGHTS_BYTES`, or has others read."""
    import h5py

    elsewhere: list[str] = []
    declared: list[int] = []

    def look_at_link(name: str, link: Any) -> None:
        if isinstance(link, h5py.ExternalLink):
            elsewhere.append(name)

    def look_at_item(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            declared.append(item.nbytes)
            if item.external or item.is_virtual:
                elsewhere.append(name)

    with h5py.File(path, "r") as file:  # its functions must not raise
        file.visititems_links(look_at_link)
        file.visititems(look_at_item)
    if elsewhere:
        raise ValueError(f"{elsewhere[0][:80]} lies in another file; use a file that holds its weights itself")
    if sum(declared) > WEIGHTS_BYTES.value:
        raise ValueError(WEIGHTS_BYTES.excess(sum(declared)))


def check_arrow(path: Path) -> None:
    """Raise ValueError where an Arrow file is compressed or has dictionaries; Sweepbox writes none of these.

    What is not compressed is no larger than the file. OSError where it cannot be read.
    """
    try:
        with path.open("rb") as file:
            footer = _footer(file)
            if any(_blocks(footer, _DICTIONARIES)):
                raise ValueError("it has dictionaries, which no file of Sweepbox has")
            for offset, length in _blocks(footer, _RECORD_BATCHES):
                if _is_compressed(_read(file, offset, length)):
                    raise ValueError("it is compressed, which no file of Sweepbox is")
    except (struct.error, OverflowError) as error:
        raise ValueError(f"it is no Arrow file ({error})") from error


def _footer(file: IO[bytes]) -> bytes:
    end = file.seek(0, 2)
    tail = _read(file, max(end - 10, 0), 10)
    if tail[4:] != _MAGIC:
        raise ValueError("it is no Arrow file")
    (length,) = struct.unpack_from("<i", tail)
    return _read(file, end - 10 - length, length)


def _read(file: IO[bytes], offset: int, length: int) -> bytes:
    size = os.fstat(file.fileno()).st_size
    if not 0 <= offset <= size or not 0 <= length <= min(size, _MOST_METADATA_BYTES):
        raise ValueError("it is no Arrow file (its metadata have no possible place)")
    file.seek(offset)
    return file.read(length)


def _blocks(footer: bytes, field: int) -> Iterator[tuple[int, int]]:
    """Yield offset and length of the metadata of each batch that the footer lists."""
    place = _field(footer, struct.unpack_from("<I", footer)[0], field)
    if place is None:
        return
    start = place + int(struct.unpack_from("<I", footer, place)[0])
    (count,) = struct.unpack_from("<I", footer, start)
    for number in range(count):
        offset, length, _ = _BLOCK.unpack_from(footer, start + 4 + number * _BLOCK.size)
        yield offset, length


def _is_compressed(message: bytes) -> bool:
    """Return whether the metadata of a batch name a compression; they begin with a marker and a length."""
    table = message[8:]
    header = _field(table, struct.unpack_from("<I", table)[0], _HEADER)
    if header is None:
        raise ValueError("it is no Arrow file (a batch has no header)")
    return _field(table, header + struct.unpack_from("<I", table, header)[0], _COMPRESSION) is not None


def _field(data: bytes, table: int, number: int) -> int | None:
    """Return where a field of a flatbuffer's table is; None where the table lacks it."""
    places = table - struct.unpack_from("<i", data, table)[0]
    (size,) = struct.unpack_from("<H", data, places)
    if 4 + 2 * number >= size:
        return None
    (offset,) = struct.unpack_from("<H", data, places + 4 + 2 * number)
    return table + offset if offset else None
