"""Lists and messages as one line of text format, as differences show and edits accept them."""

from collections.abc import Mapping
from typing import Any

from google.protobuf import text_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from sweepbox.detection.config.fields import Scalar, is_map, is_message, message_type, plain_value, schema_of


def message_text(message: Message) -> str:
    """Return a message in braces, with the shortest floats: `{height: 320 width: 320}`."""
    return "{" + text_format.MessageToString(message, as_one_line=True, as_utf8=True).strip() + "}"


def list_text(message: Message, name: str) -> str:
    """Return a repeated field's elements in brackets, `[1.0, 0.5]`; a map's entries sorted by key."""
    field = schema_of(message).fields_by_name[name]
    elements = getattr(message, name)
    if is_map(field):
        return _map_text(field, elements)
    if is_message(field):
        return "[" + ", ".join(message_text(element) for element in elements) + "]"
    return "[" + ", ".join(scalar_text(field, value) for value in elements) + "]"


def scalar_text(field: FieldDescriptor, value: object) -> str:
    """Return a scalar in text format: strings quoted, enum names bare."""
    plain: Scalar = plain_value(field, value)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, str) and field.cpp_type != FieldDescriptor.CPPTYPE_ENUM:
        return '"' + "".join(map(_escaped, plain)) + '"'
    return str(plain)


def _escaped(character: str) -> str:
    """Return a character as it is written between double quotes."""
    if character in {"\\", '"'}:
        return f"\\{character}"
    return character if character.isprintable() else "".join(f"\\{byte:03o}" for byte in character.encode())


def _map_text(field: FieldDescriptor, elements: Mapping[Any, Any]) -> str:
    """Return a map's entries as text format writes them: `[{key: "a" value: "b"}]`."""
    entry = message_type(field).fields_by_name
    key_field, value_field = entry["key"], entry["value"]
    entries = []
    for key in sorted(elements):
        value = elements[key]
        shown = message_text(value) if is_message(value_field) else scalar_text(value_field, value)
        entries.append(f"{{key: {scalar_text(key_field, key)} value: {shown}}}")
    return "[" + ", ".join(entries) + "]"
