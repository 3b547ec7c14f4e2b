"""Fields of the schema: type, range, and their values in the form that a config file uses."""

import difflib
import math
from collections.abc import Iterable
from typing import cast

import numpy as np
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.core.printable import LONGEST_SHOWN

Scalar = bool | int | float | str
"""A value of a singular scalar field; an enum value is its name."""

INTEGER_RANGES = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
LARGEST_FLOAT32 = float(np.finfo(np.float32).max) + 2.0**103
"""Below this a number rounds to a finite float32: half a unit in the last place above the largest one."""


def is_repeated(field: FieldDescriptor) -> bool:
    """Return whether the field is a list (or a map); protobuf renamed the attribute in version 6."""
    if hasattr(field, "is_repeated"):
        return bool(field.is_repeated)
    return bool(getattr(field, "label") == FieldDescriptor.LABEL_REPEATED)  # noqa: B009 - absent from newer stubs


def is_message(field: FieldDescriptor) -> bool:
    """Return whether the field holds messages rather than scalars."""
    return field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE


def schema_of(message: Message) -> Descriptor:
    """Return the message type of a message."""
    return cast(Descriptor, message.DESCRIPTOR)


def message_type(field: FieldDescriptor) -> Descriptor:
    """Return the type of the messages that a field holds; TypeError for a scalar field."""
    if field.message_type is None:
        raise TypeError(f"{field.full_name} holds scalars")
    return field.message_type


def is_map(field: FieldDescriptor) -> bool:
    """Return whether the field is a map."""
    return is_message(field) and bool(message_type(field).GetOptions().map_entry)


def is_float(field: FieldDescriptor) -> bool:
    """Return whether the field holds floating-point numbers."""
    return field.cpp_type in {FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE}


def field_names(message: Descriptor) -> list[str]:
    """Return the names of a message type's fields, in the schema's order."""
    return [field.name for field in message.fields]


def enum_names(field: FieldDescriptor) -> list[str]:
    """Return the names of an enum field's values."""
    return [value.name for value in field.enum_type.values] if field.enum_type else []


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the valid name that is most similar to `name`; None if none is similar."""
    known = list(names)
    name = name[:LONGEST_SHOWN]  # the comparison takes time with the square of the length
    lower = {candidate.lower(): candidate for candidate in reversed(known)}
    close = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
    if close:
        return lower[close[0]]
    parts = [candidate for candidate in known if len(name) > 3 and name.lower() in candidate.lower()]
    return min(parts, key=len) if parts else None


def suggestion(name: str, names: Iterable[str]) -> str:
    """Return `did you mean 'x'?`, or the first valid names if none is similar."""
    known = list(names)
    close = nearest(name, known)
    if close is not None:
        return f"did you mean {close!r}?"
    if not known:
        return "it has no fields"
    shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    return f"valid are {shown}"


def kind_in_words(field: FieldDescriptor) -> str:
    """Return a description of the field's values, for error messages."""
    if is_message(field):
        return f"a message of type {message_type(field).name}"
    if field.cpp_type in INTEGER_RANGES:
        low, high = INTEGER_RANGES[field.cpp_type]
        return f"an integer from {low} to {high}"
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return f"one of {', '.join(enum_names(field))}"
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return "true or false"
    return "a number" if is_float(field) else "a string in quotes"


def shortest_float(value: float) -> float:
    """Return the float with the fewest digits that rounds to the same float32 as `value`."""
    return float(str(np.float32(value))) if math.isfinite(value) else value


def plain_value(field: FieldDescriptor, value: object) -> Scalar:
    """Return a scalar of a message in the form that a config file uses: enum names, short floats."""
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM and isinstance(value, int):
        known = field.enum_type.values_by_number.get(value) if field.enum_type else None
        return known.name if known is not None else value
    if field.cpp_type == FieldDescriptor.CPPTYPE_FLOAT and isinstance(value, float):
        return shortest_float(value)
    if isinstance(value, bool | int | float | str):
        return value
    return repr(value)


def get_plain(message: Message, name: str) -> Scalar:
    """Return a singular scalar field's value, or its default, in the form that a config file uses."""
    return plain_value(schema_of(message).fields_by_name[name], getattr(message, name))


def coerce(field: FieldDescriptor, value: Scalar, path: str) -> Scalar:
    """Return `value` in the field's type.

    Integral floats are accepted as integers, integers as floats, and enum values by name or number. ConfigError
    names `path`, the value and what the field accepts.
    """
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return _enum_number(field, value, path)
    fits: Scalar | None = None
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        fits = value if isinstance(value, bool) else None
    elif field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        fits = value if isinstance(value, str) else None
    elif isinstance(value, int | float) and not isinstance(value, bool):
        fits = _number(field, value)
    if fits is None:
        raise ConfigError(f"{path} = {value!r}: give {kind_in_words(field)}")
    return fits


def _number(field: FieldDescriptor, value: float) -> float | None:
    """Return an int or float in the field's type and range, or None."""
    if is_float(field):
        return float(value) if math.isfinite(value) and abs(value) < LARGEST_FLOAT32 else None
    if not math.isfinite(value) or value != int(value):
        return None
    low, high = INTEGER_RANGES[field.cpp_type]
    return int(value) if low <= value <= high else None


def _enum_number(field: FieldDescriptor, value: Scalar, path: str) -> int:
    """Return the number of an enum value given by name or number."""
    values = field.enum_type.values if field.enum_type else []
    for known in values:
        if value == known.name or (value == known.number and not isinstance(value, bool)):
            return known.number
    hint = nearest(value, enum_names(field)) if isinstance(value, str) else None
    raise ConfigError(
        f"{path} = {value!r}: give {kind_in_words(field)}" + (f"; did you mean {hint}?" if hint else "")
    )
