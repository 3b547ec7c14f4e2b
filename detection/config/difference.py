"""The difference of two configs, and the fingerprint that equal configs share."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.change import Change
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.fields import (
    Scalar,
    get_plain,
    is_map,
    is_message,
    is_repeated,
    plain_value,
    schema_of,
)
from sweepbox.detection.config.paths import options_of
from sweepbox.detection.config.texts import list_text, message_text

FINGERPRINT_VERSION = 1
_FINGERPRINT_DIGITS = 16
_READERS = ("train_input_reader", "eval_input_reader")
_PRESENCE_COUNTS = {("RandomDownscaleToTargetPixels", "max_target_pixels")}
"""Fields that, if unset, have another value than the schema's default."""


def config_difference(
    base: pb.TrainEvalPipelineConfig, other: pb.TrainEvalPipelineConfig
) -> tuple[Change, ...]:
    """Return the changes from `base` to `other`, in the schema's order; empty if they are equal.

    A field set to its default differs from an unset one, because the configs' texts differ.
    """
    return tuple(_changes(base, other, ""))


def apply_difference(base: pb.TrainEvalPipelineConfig, changes: Iterable[Change]) -> pb.TrainEvalPipelineConfig:
    """Return `base` with the changes made; those of `config_difference(base, other)` give `other`."""
    return apply_edits(base, [Edit(change.path, change.after) for change in changes], link=False)


def fingerprint(config: pb.TrainEvalPipelineConfig) -> str:
    """Return 16 hexadecimal digits that are equal for configs with the same meaning.

    The order of fields, comments, fields set to the schema's explicit default, and the readers' files and label
    maps (where the data is on one machine) make no difference. Fields without an explicit default (the focal
    loss' alpha) and the presence of a message (`batch_norm { }`) do.
    """
    leaves = json.dumps([FINGERPRINT_VERSION, *_canonical(config, "")], allow_nan=True)
    return hashlib.sha256(leaves.encode()).hexdigest()[:_FINGERPRINT_DIGITS]


def differing_fields(first: pb.TrainEvalPipelineConfig, second: pb.TrainEvalPipelineConfig) -> tuple[str, ...]:
    """Return the paths at which configs differ in meaning, sorted; none where their fingerprints are equal."""
    left, right = (
        {(str(path), json.dumps(value)) for path, value in _canonical(config, "")} for config in (first, second)
    )
    return tuple(sorted({path for path, _ in left ^ right}))


def _changes(base: Message, other: Message, prefix: str) -> Iterator[Change]:
    """Yield the changes between two messages of one type."""
    for field in schema_of(base).fields:
        path = prefix + field.name
        if is_repeated(field):
            yield from _list_changes(base, other, field, path)
        elif not is_message(field):
            before, after = (_set_value(message, field.name) for message in (base, other))
            if before != after:
                yield Change(path, before, after)
        else:
            there = (base.HasField(field.name), other.HasField(field.name))
            left, right = getattr(base, field.name), getattr(other, field.name)
            yield from _message_changes(left, right, path=path, there=there)


def _message_changes(base: Message, other: Message, *, path: str, there: tuple[bool, bool]) -> Iterator[Change]:
    """Yield the changes of one singular message; `there` says on which sides it is set."""
    came, goes = not there[0], not there[1]
    if goes and not came:
        yield Change(path, message_text(base) if base.ListFields() else True, after=None)
    elif came and not goes and not other.ListFields():
        yield Change(path, before=None, after=True)
    elif not goes:
        yield from _changes(base, other, f"{path}.")


def _list_changes(base: Message, other: Message, field: FieldDescriptor, path: str) -> Iterator[Change]:
    """Yield the changes of a list: of its elements if they can be paired, else of the whole list."""
    before: Any = getattr(base, field.name)
    after: Any = getattr(other, field.name)
    if before == after:
        return
    if options_of(field) and _pair_by_option(before, after):
        yield from _option_changes(before, after, path)
    elif is_message(field) and not is_map(field) and _pair_by_place(before, after, field):
        for index, (left, right) in enumerate(zip(before, after, strict=True)):
            yield from _changes(left, right, f"{path}[{index}].")
    else:
        shown = (
            list_text(message, field.name) if value else None
            for message, value in ((base, before), (other, after))
        )
        yield Change(path, next(shown), next(shown))


def _option_names(elements: Iterable[Message]) -> list[str | None]:
    """Return the option that each element of a list of options sets."""
    return [set_fields[0][0].name if (set_fields := element.ListFields()) else None for element in elements]


def _pair_by_option(before: Iterable[Message], after: Iterable[Message]) -> bool:
    """Return whether removing options and appending others turns one list into the other."""
    old, new = _option_names(before), _option_names(after)
    if None in [*old, *new] or len(set(old)) < len(old) or len(set(new)) < len(new):
        return False
    kept = [name for name in old if name in new]
    return new == [*kept, *(name for name in new if name not in old)]


def _pair_by_place(before: Sequence[Message], after: Sequence[Message], field: FieldDescriptor) -> bool:
    """Return whether two lists have as many elements, and options of the same names."""
    same_options = not options_of(field) or _option_names(before) == _option_names(after)
    return len(before) == len(after) and same_options


def _option_changes(before: Iterable[Message], after: Iterable[Message], path: str) -> Iterator[Change]:
    """Yield the changes of options by their names."""
    old: dict[Any, Any] = dict(zip(_option_names(before), before, strict=True))
    new: dict[Any, Any] = dict(zip(_option_names(after), after, strict=True))
    for name in dict.fromkeys([*old, *new]):
        holders = (old.get(name), new.get(name))
        empty = type(next(holder for holder in holders if holder is not None))()
        left, right = (getattr(holder if holder is not None else empty, name) for holder in holders)
        there = (holders[0] is not None, holders[1] is not None)
        yield from _message_changes(left, right, path=f"{path}[{name}]", there=there)


def _set_value(message: Message, name: str) -> Scalar | None:
    """Return a scalar field's value; None if it is not set."""
    return get_plain(message, name) if message.HasField(name) else None


def _canonical(message: Message, prefix: str) -> Iterator[list[object]]:
    """Yield path and value of everything in a message that bears on the training, in the schema's order."""
    for field in schema_of(message).fields:
        path, value = prefix + field.name, getattr(message, field.name)
        if path.startswith(_READERS) and field.name in {"label_map_path", "tf_record_input_reader"}:
            continue
        if is_map(field):
            if value:
                yield [path, list_text(message, field.name)]
        elif is_repeated(field):
            for index, element in enumerate(value):
                yield from _canonical_value(element, field, f"{path}[{index}]")
        elif message.HasField(field.name) and not _is_default(message, field):
            yield from _canonical_value(value, field, path)


def _canonical_value(value: Any, field: FieldDescriptor, path: str) -> Iterator[list[object]]:
    """Yield one value; for a message that it is present, and its fields."""
    if not is_message(field):
        yield [path, plain_value(field, value)]
        return
    if not path.startswith(_READERS):
        yield [path, "{}"]
    yield from _canonical(value, f"{path}.")


def _is_default(message: Message, field: FieldDescriptor) -> bool:
    """Return whether a scalar field is set to the schema's explicit default."""
    if is_message(field) or not field.has_default_value:
        return False
    if (schema_of(message).name, field.name) in _PRESENCE_COUNTS:
        return False
    return bool(getattr(message, field.name) == getattr(type(message)(), field.name))
