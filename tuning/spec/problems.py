"""What is wrong with a sweep file or a part of it, in one line for each problem."""

import difflib
import reprlib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.printable import SHOWN_PROBLEMS, shortened

Model = TypeVar("Model", bound=BaseModel)

WHOLE_FILE = "the sweep file"
"""The location of an error that concerns no single key."""

SCALARS = ("bool", "int", "float", "str")
"""Parts of an error's location that name a branch of the scalar union, not a key of the file."""


LONGEST_MESSAGE = 300
"""The most characters of one problem's explanation."""

_BOUNDED = reprlib.Repr()
_BOUNDED.maxlevel = 3
_BOUNDED.maxstring = _BOUNDED.maxlong = _BOUNDED.maxother = 80


def value_shown(value: object) -> str:
    """Return a value as messages show it: on one line, and cut where it is long or deep."""
    return shortened(_BOUNDED.repr(value), LONGEST_MESSAGE)


def problem_lines(error: ValidationError, model: type[BaseModel], *, prefix: str = "") -> tuple[str, ...]:
    """Return a line for each of the first problems: key path, what is wrong, what would be right.

    `model` is what was validated; `prefix` is its key in the sweep file with a dot, nothing for the whole file.
    """
    lines: dict[str, None] = {}
    problems = error.errors(include_url=False)
    for number, problem in enumerate(problems):
        if len(lines) == SHOWN_PROBLEMS:
            return (*lines, f"… and {len(problems) - number} more")
        keys = [part for part in problem["loc"] if part not in SCALARS]
        key_path = prefix + ".".join(shortened(str(part)) for part in keys) or WHOLE_FILE
        lines[f"{key_path}: {_explain(problem, keys, model)}"] = None
    return tuple(lines)


def validated(model: type[Model], given: Mapping[str, Any], *, prefix: str) -> Model:
    """Return the options of a part of a sweep file; SweepError lists all problems, keys after `prefix`."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise SweepError("\n".join(problem_lines(error, model, prefix=prefix))) from error


def unknown_type(key: str, kind: str, name: str, known: Iterable[str]) -> str:
    """Return the message for a `type` in the sweep file that no table has: the nearest known name, or all."""
    return f"{key}.type: {unknown_value(kind, name, known)}"


def unknown_value(kind: str, name: str, known: Iterable[str]) -> str:
    """Return the message for a name that is not known, without its key: the nearest known name, or all."""
    names = sorted(known)
    near = difflib.get_close_matches(shortened(name), names, n=1, cutoff=0.5)
    remedy = f"did you mean {near[0]!r}?" if near else f"give one of {', '.join(names)}"
    return f"unknown {kind} {shortened(name)!r}; {remedy}"


def _explain(problem: ErrorDetails, keys: list[int | str], root: type[BaseModel]) -> str:
    if problem["type"] == "extra_forbidden":
        valid = _valid_names(keys[:-1], root)
        near = difflib.get_close_matches(shortened(str(keys[-1])), valid, n=1, cutoff=0.5)
        remedy = f"valid are {', '.join(valid)}" if valid else "remove it; there are none here"
        return f"unknown key; did you mean {near[0]!r}?" if near else f"unknown key; {remedy}"
    if problem["type"] == "missing":
        return "is missing; give it a value"
    if problem["loc"] and problem["loc"][-1] in SCALARS:
        return f"must be a number, a text, true or false (got {value_shown(problem['input'])})"
    message = problem["msg"].removeprefix("Value error, ")
    received = problem["input"]
    shown = "" if isinstance(received, dict | BaseModel) else f" (got {value_shown(received)})"
    return shortened(message[:1].lower() + message[1:], LONGEST_MESSAGE) + shown


def _valid_names(keys: list[int | str], root: type[BaseModel]) -> list[str]:
    """Return the valid keys at a location in the file."""
    model: Any = root
    for key in keys:
        if _is_model(model):
            field = model.model_fields.get(str(key))
            model = field.annotation if field else model
        else:
            model = get_args(model)[-1]
    if not _is_model(model):
        model = next(part for part in reversed(get_args(model)) if _is_model(part))
    return [field.alias or name for name, field in model.model_fields.items()]


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
