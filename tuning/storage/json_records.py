"""Strict reading of JSON: a text that does not have the types of its record is refused with the reason."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.files import write_text
from sweepbox.detection.core.limits import JSON_BYTES
from sweepbox.detection.core.regular_files import read_limited
from sweepbox.tuning.storage.checksum import with_checksum, without_checksum

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = TypeVar("Record")

STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
"""The rules of a record's class, which has them as its `__pydantic_config__`."""


def parse_record(kind: type[Record], text: bytes | str) -> Record:
    """Return the record of class `kind` that a JSON text holds; ValueError with the reason in one line."""
    try:
        record: Record = _adapter(kind).validate_json(text)
    except ValidationError as error:
        raise ValueError(_reason(error)) from error
    return record


def check_record(kind: Any, content: object) -> None:
    """Raise ValueError, with the reason in one line, where a content is not of the type `kind`."""
    try:
        _adapter(kind).validate_python(content)
    except ValidationError as error:
        raise ValueError(_reason(error)) from error


def _reason(error: ValidationError) -> str:
    """Return the first problem, and how many there are beside it."""
    first, *others = error.errors(include_url=False, include_input=False)
    place = ".".join(str(part) for part in first["loc"])
    more = f", and {len(others)} more" if others else ""
    return f"{place}: {first['msg']}{more}" if place else str(first["msg"])


def read_record(kind: type[Record], path: Path, *, remedy: str) -> Record:
    """Return the record in a JSON file.

    Raises:
        SweepError: The file is missing or damaged; the line ends with `remedy`.
    """
    try:
        return parse_record(kind, without_checksum(read_limited(path, JSON_BYTES)))
    except FileNotFoundError:
        raise SweepError(f"{path}: the file is missing; {remedy}") from None
    except (IsADirectoryError, NotADirectoryError):
        raise SweepError(f"{path}: it is not a file; {remedy}") from None
    except ValueError as error:
        raise SweepError(f"{path}: damaged ({error}); {remedy}") from error


def write_record(record: "DataclassInstance", path: Path) -> None:
    """Write a record as JSON with its checksum, atomically, into a folder that is there."""
    text = json.dumps(asdict(record), indent=2, allow_nan=False) + "\n"
    write_text(path, with_checksum(text), makes_folder=False)


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Return the class's adapter, which takes some milliseconds to make."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
