"""Which augmentation options exist; what of each is fixed at compilation and what is a value in the program."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from detection.config import pipeline_pb2 as pb
from detection.core.errors import ConfigError

INFINITY = math.inf


@dataclass(frozen=True)
class Field:
    """One dynamic field of an option with the values it may take."""

    name: str
    low: float = 0.0
    high: float = INFINITY


@dataclass(frozen=True)
class Kind:
    """What is known of one option: its dynamic fields, its static ones, pairs of fields that must rise."""

    fields: tuple[Field, ...]
    static: tuple[str, ...] = ()
    ordered: tuple[tuple[str, str], ...] = ()


_PROBABILITY = Kind((Field("probability", high=1.0),))
_FACTOR = Kind((Field("min_delta"), Field("max_delta")), ordered=(("min_delta", "max_delta"),))

KINDS: dict[str, Kind] = {
    "random_horizontal_flip": _PROBABILITY,
    "random_crop_image": Kind(
        (
            Field("min_object_covered", high=1.0),
            Field("min_aspect_ratio", low=1e-3),
            Field("max_aspect_ratio", low=1e-3),
            Field("min_area", high=1.0),
            Field("max_area", high=1.0),
            Field("overlap_thresh", high=1.0),
            Field("random_coef", high=1.0),
        ),
        static=("clip_boxes",),
        ordered=(("min_aspect_ratio", "max_aspect_ratio"), ("min_area", "max_area")),
    ),
    "random_adjust_brightness": Kind((Field("max_delta", high=1.0),)),
    "random_adjust_contrast": _FACTOR,
    "random_adjust_saturation": _FACTOR,
    "random_adjust_hue": Kind((Field("max_delta", high=0.5),)),
    "random_vertical_flip": _PROBABILITY,
}
AUGMENTATIONS: tuple[str, ...] = tuple(KINDS)
"""The names of all options that can run."""


@dataclass(frozen=True)
class OptionValues:
    """One option as asked for: its name, its static choices and its dynamic values by field."""

    name: str
    static: tuple[tuple[str, bool], ...]
    values: tuple[tuple[str, float], ...]

    @property
    def static_key(self) -> tuple[object, ...]:
        """What must be equal for two options to share a compiled program."""
        return (self.name, *self.static)


def read_options(steps: Iterable[pb.PreprocessingStep]) -> tuple[OptionValues, ...]:
    """Return the options in config order, defaults filled in.

    ConfigError where an option cannot run or a value is out of its range; all problems in one message.
    """
    options: list[OptionValues] = []
    problems: list[str] = []
    for index, step in enumerate(steps):
        name = step.WhichOneof("preprocessing_step")
        path = f"data_augmentation_options[{index}]"
        if name not in KINDS:
            problems.append(
                f"{path}: {name or 'an empty option'} is not supported; supported: {', '.join(AUGMENTATIONS)}"
            )
            continue
        option = _read(step, name)
        problems += [f"{path}.{name}.{problem}" for problem in _problems(option)]
        options.append(option)
    if problems:
        raise ConfigError("\n".join(problems))
    return tuple(options)


def _read(step: pb.PreprocessingStep, name: str) -> OptionValues:
    message, kind = getattr(step, name), KINDS[name]
    return OptionValues(
        name,
        tuple((field, bool(getattr(message, field))) for field in kind.static),
        tuple((field.name, float(getattr(message, field.name))) for field in kind.fields),
    )


def _problems(option: OptionValues) -> list[str]:
    """Return a line for every value that the option cannot take."""
    kind, values = KINDS[option.name], dict(option.values)
    outside = [field for field in kind.fields if not field.low <= values[field.name] <= field.high]
    problems = [f"{field.name} is {values[field.name]:g}; give {_range_of(field)}" for field in outside]
    for low, high in kind.ordered:
        if values[low] > values[high]:
            problems.append(f"{low} is {values[low]:g}, above {high}, {values[high]:g}; give a smaller one")
    return problems


def _range_of(field: Field) -> str:
    if field.high == INFINITY:
        return f"a finite number of at least {field.low:g}"
    return f"a number from {field.low:g} to {field.high:g}"
