"""Columns and metadata of a record set's Arrow file."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa

from sweepbox.detection.core.labels import LabelMap

FORMAT_VERSION = 6
CONTENT_VERSION = 5
"""Part of the hash of the content, by which a resumed run recognises its records; a new format keeps it."""
READABLE_VERSIONS = (5, 6)
"""The versions that can be read; files of version 5 do not say what was dropped."""
SUFFIX = ".arrow"
NUMBERS = ("height", "width", "original_height", "original_width", "file", "objects")
OBJECTS: dict[str, Any] = {
    "boxes": np.float32,
    "class_ids": np.int64,
    "weights": np.float32,
    "difficult": np.uint8,
    "crowd": np.uint8,
    "group_of": np.uint8,
}
"""The list columns of objects; `boxes` is flat, four numbers an object; flags are 0 or 1."""

_METADATA, _CHECKSUM = b"sweepbox", b"sweepbox_crc32"


@dataclass(frozen=True)
class ArrowMetadata:
    """The metadata of a file.

    Attributes:
        content: A hash of the content, 64 hexadecimal digits.
        encoded: Whether the file has encoded images instead of pixels.
        max_side: The longest side of an image in pixels; None if images were not shrunk.
        classes: `LabelMap.items` of the label map that the records were read with.
        stored_names: `LabelMap.stored_names` of that label map.
        version: The version of the file format.
    """

    content: str
    encoded: bool
    max_side: int | None
    classes: tuple[tuple[int, str], ...]
    stored_names: tuple[tuple[int, str], ...] = ()
    version: int = FORMAT_VERSION

    def has_classes_of(self, label_map: LabelMap) -> bool:
        """Return whether the records were read with these classes."""
        return (self.classes, self.stored_names) == (label_map.items, label_map.stored_names)

    def to_metadata(self) -> dict[bytes, bytes]:
        """Return the metadata in the form of a schema's metadata."""
        text = json.dumps(asdict(self)).encode()
        return {_METADATA: text, _CHECKSUM: b"%d" % zlib.crc32(text)}

    @classmethod
    def of(cls, metadata: Mapping[bytes, bytes] | None) -> Self | None:
        """Return the metadata in a schema; None if they are missing, damaged or of another version."""
        text = (metadata or {}).get(_METADATA, b"")
        if not text or (metadata or {}).get(_CHECKSUM) != b"%d" % zlib.crc32(text):
            return None
        values = json.loads(text)
        if values.get("version") not in READABLE_VERSIONS:
            return None
        for name in ("classes", "stored_names"):
            values[name] = tuple((number, label) for number, label in values[name])
        return cls(**values)


def schema_of(metadata: ArrowMetadata) -> pa.Schema:
    """Return the columns and metadata of a file."""
    fields = [
        ("image", pa.large_binary()),
        *((name, pa.int32()) for name in NUMBERS),
        *((name, pa.list_(pa.from_numpy_dtype(np.dtype(dtype)))) for name, dtype in OBJECTS.items()),
        ("source_id", pa.string()),
        ("name", pa.string()),
        *([("dropped", pa.string())] if metadata.version > 5 else []),
    ]
    return pa.schema(fields, metadata=metadata.to_metadata())
