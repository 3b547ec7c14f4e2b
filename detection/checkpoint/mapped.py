"""Named arrays in one memory-mapped file, so that the processes of a machine share its pages.

The file is a cache: it is written atomically but not flushed to the disk. A checksum detects an incomplete
file.

safetensors is not used: its NumPy interface copies every array into the process, so that trials share no
memory, and its files have no checksum.
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
    """The content of a file.

    Attributes:
        arrays: Read-only views of the mapping, by name.
        metadata: The JSON values that were written with them.
    """

    arrays: dict[str, NDArray[Any]]
    metadata: Mapping[str, Any]


def write_mapped(arrays: Mapping[str, NDArray[Any]], path: Path, *, metadata: Mapping[str, Any]) -> None:
    """Write arrays by name, and JSON-serialisable metadata, to a file, atomically."""
    entries: list[tuple[str, str, tuple[int, ...], int]] = []
    size = checksum = 0
    chunks: list[bytes | memoryview] = []
    for name, array in arrays.items():
        entries.append((name, array.dtype.str, array.shape, size))
        data = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
        for chunk in (data, bytes(-data.nbytes % ALIGNMENT)):
            chunks.append(chunk)
            checksum = zlib.crc32(chunk, checksum)
            size += len(chunk)
    header = json.dumps({"metadata": metadata, "arrays": entries, "size": size, "crc32": checksum}).encode()
    header += b" " * (-(len(MAGIC) + _LENGTH.size + len(header)) % ALIGNMENT)
    with atomic_path(path, is_durable=False) as temporary, temporary.open("wb") as file:
        file.write(MAGIC + _LENGTH.pack(len(header)) + header)
        file.writelines(chunks)


def read_mapped(path: Path, *, verify: bool = True) -> MappedArrays | None:
    """Return what `write_mapped` wrote, or None if the file is missing, incomplete or damaged.

    Args:
        path: The file.
        verify: Also verify the checksum, which reads the whole file.
    """
    try:
        content: NDArray[np.uint8] = np.memmap(path, np.uint8, mode="r")
        header, payload = _split(content)
        if payload.nbytes != header["size"] or (verify and zlib.crc32(payload.data) != header["crc32"]):
            return None
        arrays = {
            name: _view(payload, np.dtype(kind), tuple(shape), offset)
            for name, kind, shape, offset in header["arrays"]
        }
        return MappedArrays(arrays, header["metadata"])
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        return None


def _split(content: NDArray[np.uint8]) -> tuple[dict[str, Any], NDArray[np.uint8]]:
    """Return the header and the bytes after it; ValueError if the file has another format."""
    start = len(MAGIC) + _LENGTH.size
    if bytes(content[: len(MAGIC)]) != MAGIC:
        raise ValueError("not a file of arrays")
    (length,) = _LENGTH.unpack(bytes(content[len(MAGIC) : start]))
    header: dict[str, Any] = json.loads(bytes(content[start : start + length]))
    return header, content[start + length :]


def _view(payload: NDArray[np.uint8], kind: np.dtype[Any], shape: tuple[int, ...], offset: int) -> NDArray[Any]:
    size = kind.itemsize * int(np.prod(shape, dtype=np.int64))
    return payload[offset : offset + size].view(kind).reshape(shape)
