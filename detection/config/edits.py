"""Typed assignments to the fields of a pipeline.config."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.aliases import ALIASES, expand_alias, switch_optimizer
from sweepbox.detection.config.fields import Scalar, coerce, is_map, is_message, is_repeated, nearest, schema_of
from sweepbox.detection.config.linked import update_linked_fields
from sweepbox.detection.config.load import parse_message
from sweepbox.detection.config.paths import (
    Step,
    checked_index,
    contradicted_choice,
    option_position,
    parent_of,
    parse_path,
    path_text,
)
from sweepbox.detection.core.errors import ConfigError

_OPTIMIZER = re.compile(r"train_config\.optimizer\.\w+_optimizer")


@dataclass(frozen=True)
class Edit:
    """One assignment of `value` to the field at `path`; None clears it.

    A path is dotted (`train_config.batch_size`). `[0]` selects an element of a list (one past the end appends),
    `train_config.data_augmentation_options[random_adjust_brightness]` the option of that name, which is
    appended if it is missing. The aliases of `detection.config.aliases` are paths too.

    A message or an option takes True (present, with defaults), None or False (absent), or its content in text
    format: `{height: 320 width: 320}`. A whole list takes text format in brackets: `[1.0, 2.0, 0.5]`.
    """

    path: str
    value: Scalar | None


def parse_edit(text: str) -> Edit:
    """Return the edit that `PATH=VALUE` describes.

    `none` and `null` clear the field, `true` and `false` are booleans, numbers are numbers, and anything in
    quotes is a string. ConfigError if `text` has not this form.
    """
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise ConfigError(f"{text!r} is not an edit; write PATH=VALUE, for instance train_config.batch_size=16")
    return Edit(path.strip(), _parse_value(value.strip()))


def apply_edits(
    config: pb.TrainEvalPipelineConfig, edits: Iterable[Edit], *, link: bool = True
) -> pb.TrainEvalPipelineConfig:
    """Return a copy of `config` with all edits made.

    Edits of whole messages (an option on or off, another optimizer) are made first, so the order of the edits
    does not matter; of two edits of one field the later one wins.

    Args:
        config: The config to start from; it is not changed.
        edits: The assignments.
        link: Also update linked fields (see `detection.config.linked`), and refuse a value inside a oneof
            choice that the config does not use. Without, exactly the edits are made.

    Raises:
        ConfigError: A field is unknown (the nearest name is given), a value has a wrong type or range, or edits
            contradict each other.

    Example:
        >>> apply_edits(config, [parse_edit("batch_size=16"), Edit("learning_rate", 0.01)])
    """
    result = pb.TrainEvalPipelineConfig()
    result.CopyFrom(config)
    given = list(edits)
    _refuse_contradictions(given)
    made: dict[str, Scalar | None] = {}
    for edit in sorted(given, key=_comes_later):
        for path, value in _targets(edit, result):
            steps = parse_path(path, schema_of(result))
            made[path_text(steps)] = value
            _make(result, steps, Edit(path, value), link=link)
    if link:
        update_linked_fields(config, result, made)
    return result


def _parse_value(text: str) -> Scalar | None:
    """Return the value that a text means."""
    words: dict[str, bool | None] = {"none": None, "None": None, "null": None}
    words |= {"true": True, "True": True, "false": False, "False": False}
    if text in words:
        return words[text]
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def _targets(edit: Edit, config: pb.TrainEvalPipelineConfig) -> Sequence[tuple[str, Scalar | None]]:
    """Return the full paths and values that an edit means in this config."""
    if edit.path in ALIASES:
        return expand_alias(config, edit.path, edit.value)
    name = edit.path.rpartition(".")[2]
    try:
        parse_path(edit.path, schema_of(config))
    except ConfigError as error:
        alias = name if name in ALIASES else nearest(edit.path, ALIASES)
        if alias is None or (name not in ALIASES and "." in edit.path):
            raise
        raise ConfigError(f"{error} (there is an alias {alias!r}: {ALIASES[alias]})") from None
    return [(edit.path, edit.value)]


def _comes_later(edit: Edit) -> bool:
    """Return whether an edit sets a single value; it is made after those that add or remove messages."""
    if edit.path in ALIASES:
        return edit.path != "optimizer"
    try:
        last = parse_path(edit.path, pb.TrainEvalPipelineConfig.DESCRIPTOR)[-1]  # type: ignore[arg-type]
    except ConfigError:
        return True  # reported when the edit is made
    return not is_message(last.field)


def _refuse_contradictions(edits: Sequence[Edit]) -> None:
    """Raise ConfigError if one edit removes a message in which another sets a value."""
    dropped = [edit.path for edit in edits if edit.value in (None, False)]
    for edit in edits:
        for path in dropped:
            if edit.value is not None and edit.path.startswith(f"{path}."):
                raise ConfigError(f"{path} is removed and {edit.path} is set; make only one of these edits")


def _make(config: pb.TrainEvalPipelineConfig, steps: tuple[Step, ...], edit: Edit, *, link: bool) -> None:
    """Make one edit in place."""
    last = steps[-1]
    clears = edit.value is None or (edit.value is False and is_message(last.field))
    if link and not clears:
        conflict = contradicted_choice(config, steps, edit.path)
        if conflict is not None:
            there, asked = conflict
            raise ConfigError(
                f"{edit.path}: the config sets {there}; to have {asked} instead, set {asked}=true"
            )
        if edit.value is True and _OPTIMIZER.fullmatch(path_text(steps)):
            switch_optimizer(config.train_config.optimizer, last.field.name)
            return
    parent = parent_of(config, steps, edit.path, create=not clears)
    if parent is None:
        return
    if clears:
        _clear(parent, last, edit.path)
    elif is_repeated(last.field) and last.option is None and last.index is None:
        _set_list(parent, last, edit)
    elif is_message(last.field):
        _set_message(parent, last, edit)
    else:
        _set_scalar(parent, last, edit)


def _clear(parent: Message, step: Step, path: str) -> None:
    """Remove a field, or one element of a list."""
    name = step.field.name
    if step.option is not None:
        position = option_position(parent, step, path)
        if position is not None:
            del getattr(parent, name)[position]
    elif step.index is not None:
        del getattr(parent, name)[checked_index(parent, step, path, may_append=False)]
    elif is_repeated(step.field) or parent.HasField(name):
        parent.ClearField(name)  # only if it is set: clearing an unset choice may clear the one that is set


def _set_scalar(parent: Message, step: Step, edit: Edit) -> None:
    """Set a singular scalar field, or one element of a list of scalars."""
    value = coerce(step.field, _given(edit), edit.path)
    if step.index is None:
        setattr(parent, step.field.name, value)
        return
    elements: Any = getattr(parent, step.field.name)
    elements[checked_index(parent, step, edit.path) : step.index + 1] = [value]


def _set_list(parent: Message, step: Step, edit: Edit) -> None:
    """Replace the elements of a list by text format in brackets, or by a single value."""
    name, value = step.field.name, _given(edit)
    parent.ClearField(name)
    if isinstance(value, str) and value.startswith(("[", "{")):
        _merge(parent, f"{name}: {value}", edit)
    elif is_message(step.field) or is_map(step.field):
        raise ConfigError(f"{edit.path} = {value!r}: give a list in text format, [{{…}}, {{…}}]")
    else:
        getattr(parent, name).append(coerce(step.field, value, edit.path))


def _set_message(parent: Message, step: Step, edit: Edit) -> None:
    """Make a message present (True), or set its content from text format."""
    value = _given(edit)
    if value is not True and not (isinstance(value, str) and value.startswith("{")):
        name = message_name(step)
        raise ConfigError(f"{edit.path} = {value!r}: give true, none or a {name} in text format, {{…}}")
    target = _target_message(parent, step, edit.path)
    if isinstance(value, str):
        target.Clear()
        _merge(target, value.strip()[1:-1], edit)
    target.SetInParent()


def message_name(step: Step) -> str:
    """Return the name of the message type that a step leads to."""
    return step.schema.name if step.schema is not None else step.field.name


def _target_message(parent: Message, step: Step, path: str) -> Any:
    """Return the message that a step leads to; it is made if it is absent."""
    elements: Any = getattr(parent, step.field.name)
    if step.option is not None:
        position = option_position(parent, step, path)
        return getattr(elements[position] if position is not None else elements.add(), step.option.name)
    if step.index is not None:
        index = checked_index(parent, step, path)
        return elements[index] if index < len(elements) else elements.add()
    return elements


def _merge(message: Message, text: str, edit: Edit) -> None:
    parse_message(text, message, source=edit.path)


def _given(edit: Edit) -> Scalar:
    """Return the value of an edit that sets something."""
    if edit.value is None:
        raise ConfigError(f"{edit.path}: no value given")
    return edit.value
