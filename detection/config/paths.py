"""Dotted paths into a message: `model.ssd.num_classes`, `list[0].field`, `list[random_crop_image].field`."""

import re
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from sweepbox.detection.config.fields import (
    field_names,
    is_map,
    is_message,
    is_repeated,
    message_type,
    suggestion,
)
from sweepbox.detection.core.errors import ConfigError

_SEGMENT = re.compile(r"(?P<name>[A-Za-z_]\w*)(?:\[(?P<selector>\w+)\])?")


@dataclass(frozen=True)
class Step:
    """One segment of a path: a field, and for a list one of its elements.

    `index` is the element's position, `option` the one field that the element sets.
    """

    field: FieldDescriptor
    index: int | None = None
    option: FieldDescriptor | None = None

    def __str__(self) -> str:
        """Return the segment as it is written in a path."""
        if self.option is not None:
            return f"{self.field.name}[{self.option.name}]"
        return self.field.name if self.index is None else f"{self.field.name}[{self.index}]"

    @property
    def schema(self) -> Descriptor | None:
        """The type of the message that the segment leads to; None for a scalar or a whole list."""
        if not is_message(self.field) or (
            is_repeated(self.field) and self.index is None and self.option is None
        ):
            return None
        return message_type(self.option if self.option is not None else self.field)


def parse_path(path: str, schema: Descriptor) -> tuple[Step, ...]:
    """Return the steps of `path` from a message of type `schema`; ConfigError names the nearest valid name."""
    steps: list[Step] = []
    current: Descriptor | None = schema
    for segment in path.split("."):
        match = _SEGMENT.fullmatch(segment.strip())
        if match is None:
            raise ConfigError(
                f"{path!r}: {segment!r} is not a field name; write paths as train_config.batch_size"
            )
        if current is None:
            what = steps[-1].field
            remedy = f"name an element, {what.name}[0]" if is_repeated(what) else "end the path there"
            raise ConfigError(f"{path}: {path_text(tuple(steps))} is not a message; {remedy}")
        steps.append(_step(path, current, match["name"], match["selector"]))
        current = steps[-1].schema
    return tuple(steps)


def path_text(steps: tuple[Step, ...]) -> str:
    """Return steps as a path in its canonical spelling."""
    return ".".join(map(str, steps))


def child(message: Message, step: Step, path: str, *, create: bool) -> Message | None:
    """Return the message that `step` leads to from `message`; None if it is absent.

    With `create` it is made: a list gets the missing option, or the element just past its end. (A singular
    message becomes present when one of its fields is set.)
    """
    value: Any = getattr(message, step.field.name)
    if not is_repeated(step.field):
        return value if create or message.HasField(step.field.name) else None
    if step.option is not None:
        position = option_position(message, step, path)
        element = value[position] if position is not None else value.add() if create else None
        return getattr(element, step.option.name) if element is not None else None
    if step.index is not None and step.index < len(value):
        return value[step.index]  # type: ignore[no-any-return]
    return value.add() if create and checked_index(message, step, path) == len(value) else None


def option_position(message: Message, step: Step, path: str) -> int | None:
    """Return the position of the list's element that sets `step.option`; None if there is none."""
    option = step.option.name if step.option is not None else ""
    places = [i for i, element in enumerate(getattr(message, step.field.name)) if element.HasField(option)]
    if len(places) > 1:
        shown = ", ".join(f"{step.field.name}[{place}]" for place in places)
        raise ConfigError(f"{path}: {option} occurs {len(places)} times; name one of {shown} instead")
    return places[0] if places else None


def checked_index(message: Message, step: Step, path: str, *, may_append: bool = True) -> int:
    """Return `step.index` if the list has that element or could append it; ConfigError otherwise."""
    count = len(getattr(message, step.field.name))
    if step.index is None or step.index >= count + may_append:
        raise ConfigError(f"{path}: {step.field.name} has {count} elements, numbered from 0")
    return step.index


def options_of(field: FieldDescriptor) -> dict[str, FieldDescriptor]:
    """Return the options, by name, of a list whose elements are one oneof each; empty for other lists."""
    if not is_message(field):
        return {}
    schema = message_type(field)
    one_choice = len(schema.oneofs) == 1 and len(schema.oneofs[0].fields) == len(schema.fields)
    return {choice.name: choice for choice in schema.fields} if one_choice else {}


def _step(path: str, schema: Descriptor, name: str, selector: str | None) -> Step:
    """Return the step for one segment within a message type."""
    field = schema.fields_by_name.get(name)
    if field is None:
        raise ConfigError(
            f"{path}: {schema.name} has no field {name!r}; {suggestion(name, field_names(schema))}"
        )
    if selector is None:
        return Step(field)
    if not is_repeated(field) or is_map(field):
        raise ConfigError(f"{path}: {name} is not a list; remove [{selector}]")
    if selector.isdigit():
        return Step(field, index=int(selector))
    options = options_of(field)
    if selector not in options:
        hint = suggestion(selector, options) if options else f"name an element by its position, {name}[0]"
        raise ConfigError(f"{path}: {name} has no element {selector!r}; {hint}")
    return Step(field, option=options[selector])


def parent_of(message: Message, steps: tuple[Step, ...], path: str, *, create: bool) -> Message | None:
    """Return the message that has the last step's field; None if it is absent and not created."""
    current: Message | None = message
    for step in steps[:-1]:
        current = child(current, step, path, create=create) if current is not None else None
    return current


def contradicted_choice(message: Message, steps: tuple[Step, ...], path: str) -> tuple[str, str] | None:
    """Return the path of a oneof's choice that is set and the path of the other choice that `steps` contain.

    The last step is not checked: a path that ends in a choice selects it. None if there is no contradiction.
    """
    current: Message | None = message
    for depth, step in enumerate(steps[:-1]):
        if current is None:
            return None
        oneof = step.field.containing_oneof
        chosen = current.WhichOneof(oneof.name) if oneof is not None else None
        if chosen is not None and chosen != step.field.name:
            before = [str(passed) for passed in steps[:depth]]
            return ".".join([*before, chosen]), ".".join([*before, step.field.name])
        current = child(current, step, path, create=False)
    return None
