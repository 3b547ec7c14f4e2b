"""Hypothesis strategies for random configs: any message that the schema allows, sparsely filled."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hypothesis import strategies as st

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.fields import (
    INTEGER_RANGES,
    is_float,
    is_map,
    is_message,
    is_repeated,
    message_type,
    schema_of,
)
from sweepbox.detection.config.load import load_config
from sweepbox.detection.config.texts import message_text, scalar_text

SMALL = load_config(Path(__file__).with_name("small.config"))
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0)  # no -0


def values(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    """Return a strategy for the values of a scalar field."""
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return st.booleans()
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM and field.enum_type:
        return st.sampled_from([value.number for value in field.enum_type.values])
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return st.text(max_size=8)
    if is_float(field):
        return FLOATS
    low, high = INTEGER_RANGES[field.cpp_type]
    return st.integers(low, high)


def change_randomly(message: Message, draw: st.DrawFn) -> None:
    """Set, clear or add a random field of a message, in place."""
    fields = list(schema_of(message).fields)
    if not fields:
        message.SetInParent()
        return
    field = draw(st.sampled_from(fields))
    if draw(st.integers(0, 5)) == 0:
        message.ClearField(field.name)
    elif is_map(field):
        _fill_map(getattr(message, field.name), field, draw)
    elif is_message(field):
        _change_message(getattr(message, field.name), draw, many=is_repeated(field))
    elif is_repeated(field):
        getattr(message, field.name).append(draw(values(field)))
    else:
        setattr(message, field.name, draw(values(field)))


def _fill_map(entries: Any, field: FieldDescriptor, draw: st.DrawFn) -> None:
    entry = message_type(field).fields_by_name
    key = draw(values(entry["key"]))
    if is_message(entry["value"]):
        change_randomly(entries[key], draw)
    else:
        entries[key] = draw(values(entry["value"]))


def _change_message(value: Any, draw: st.DrawFn, *, many: bool) -> None:
    if many and (not len(value) or draw(st.booleans())):
        change_randomly(value.add(), draw)
    elif many:
        change_randomly(value[draw(st.integers(0, len(value) - 1))], draw)
    else:
        value.SetInParent()
        change_randomly(value, draw)


@st.composite
def configs(
    draw: st.DrawFn, starts: Sequence[pb.TrainEvalPipelineConfig] = (SMALL, pb.TrainEvalPipelineConfig())
) -> Any:
    """Return the small config or an empty one after some random changes."""
    config = pb.TrainEvalPipelineConfig()
    config.CopyFrom(draw(st.sampled_from(starts)))
    for _ in range(draw(st.integers(0, 12))):
        change_randomly(config, draw)
    return config


def shuffled_text(message: Message, random: Random) -> str:
    """Return a message as text with its fields in random order and comments in between."""
    lines = []
    for field, value in message.ListFields():
        if is_map(field):
            copy = type(message)()
            getattr(copy, field.name).MergeFrom(value)
            lines.append(message_text(copy)[1:-1])
        elif is_message(field):
            elements = value if is_repeated(field) else [value]
            lines.append("\n".join(f"{field.name} {{\n{shuffled_text(e, random)}\n}}" for e in elements))
        else:
            elements = value if is_repeated(field) else [value]
            lines.append("\n".join(f"{field.name}: {scalar_text(field, e)} # {field.name}" for e in elements))
    random.shuffle(lines)
    return "\n".join(["# a comment", *lines])
