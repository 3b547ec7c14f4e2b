"""Named arrays in one file that is mapped into memory, so that the processes of a machine share its pages.

The file is a cache: it appears whole under its name, but is not forced to the disk. A checksum tells whether it
is complete.

The safetensors library does not fit here: its NumPy interface copies every array into the process, so that
trials would share nothing, and its files have no checksum.
"""

import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.files import atomic_path

MAGIC = b"sweepbox arrays\n"
ALIGNMENT = 64
_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True, eq=False)
class MappedArrays:
    """What a file holds: `arrays` are read-only views of the mapping, `facts` whatever its writer added."""

    arrays: dict[str, NDArray[Any]]
    facts: Mapping[str, Any]


def write_mapped(arrays: Mapping[str, NDArray[Any]], path: Path, *, facts: Mapping[str, Any]) -> None:
    """Write arrays under their names, and facts that JSON can say; the file appears whole."""
    places: list[tuple[str, str, tuple[int, ...], int]] = []
    size = check_sum = 0
    chunks: list[bytes | memoryview] = []
    for name, array in arrays.items():
        places.append((name, array.dtype.str, array.shape, size))
        data = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
        for chunk in (data, bytes(-data.nbytes % ALIGNMENT)):
            chunks.append(chunk)
            check_sum = zlib.crc32(chunk, check_sum)
            size += len(chunk)
    header = json.dumps({"facts": facts, "arrays": places, "size": size, "crc32": check_sum}).encode()
    header += b" " * (-(len(MAGIC) + _LENGTH.size + len(header)) % ALIGNMENT)
    with atomic_path(path, is_durable=False) as temporary, temporary.open("wb") as file:
        file.write(MAGIC + _LENGTH.pack(len(header)) + header)
        file.writelines(chunks)


def read_mapped(path: Path, *, is_checked: bool = True) -> MappedArrays | None:
    """Return what `write_mapped` wrote, None where the file is missing, torn or damaged.

    The check sum, which reads the whole file, is left out unless `is_checked`.
    """
    try:
        content: NDArray[np.uint8] = np.memmap(path, np.uint8, mode="r")
        header, payload = _split(content)
        if payload.nbytes != header["size"] or (is_checked and zlib.crc32(payload.data) != header["crc32"]):
            return None
        arrays = {
            name: _view(payload, np.dtype(kind), tuple(shape), offset)
            for name, kind, shape, offset in header["arrays"]
        }
        return MappedArrays(arrays, header["facts"])
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        return None


def _split(content: NDArray[np.uint8]) -> tuple[dict[str, Any], NDArray[np.uint8]]:
    """Return the header and the bytes after it; ValueError where the file is another's."""
    start = len(MAGIC) + _LENGTH.size
    if bytes(content[: len(MAGIC)]) != MAGIC:
        raise ValueError("no file of arrays")
    (length,) = _LENGTH.unpack(bytes(content[len(MAGIC) : start]))
    header: dict[str, Any] = json.loads(bytes(content[start : start + length]))
    return header, content[start + length :]


def _view(payload: NDArray[np.uint8], kind: np.dtype[Any], shape: tuple[int, ...], offset: int) -> NDArray[Any]:
    size = kind.itemsize * int(np.prod(shape, dtype=np.int64))
    return payload[offset : offset + size].view(kind).reshape(shape)
