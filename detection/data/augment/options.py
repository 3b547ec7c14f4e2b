"""The augmentation options of a config: the static and the dynamic fields of each."""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.fields import is_message, is_repeated, schema_of
from sweepbox.detection.config.support.augmentation import AUGMENTATIONS, option_name
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.data.augment.defaults import filled

STATIC_FIELDS: dict[str, tuple[str, ...]] = {
    "random_distort_color": ("color_ordering",),
    "random_black_patches": ("max_black_patches",),
    "random_mosaic": ("max_number_of_boxes",),
    "random_mix_up": ("max_number_of_boxes",),
    "random_copy_paste": ("max_objects",),
}
"""Static numbers by option, such as the number of repetitions; all other numbers are dynamic."""

_NUMBERS = {
    FieldDescriptor.TYPE_FLOAT,
    FieldDescriptor.TYPE_DOUBLE,
    FieldDescriptor.TYPE_INT32,
    FieldDescriptor.TYPE_UINT32,
    FieldDescriptor.TYPE_INT64,
}
_UNUSED_PREFIX = "keypoint_"


@dataclass(frozen=True)
class OptionValues:
    """One option: its name, its static fields (`switches`) and its dynamic values by field.

    A number in a list is the value `field[i]`, the length of the list is the switch `field`. Fields of messages
    in a list are named `field[i].name`.
    """

    name: str
    switches: tuple[tuple[str, Any], ...]
    values: tuple[tuple[str, float], ...]

    @property
    def compile_part(self) -> tuple[Hashable, ...]:
        """The option's part of the `CompileKey`: its name and its static fields."""
        return (self.name, *self.switches)


def read_options(steps: Iterable[pb.PreprocessingStep]) -> tuple[OptionValues, ...]:
    """Return the options in config order, defaults filled in; ConfigError names one that is not supported.

    Ranges of values are checked by `detection.config.support.check_supported`.
    """
    return tuple(_read(step, index) for index, step in enumerate(steps))


def _read(step: pb.PreprocessingStep, index: int) -> OptionValues:
    """Return one option: numbers are dynamic, all else is static."""
    name = option_name(step)
    if name not in AUGMENTATIONS:
        raise ConfigError(
            f"data_augmentation_options[{index}]: {name or 'an empty option'} is not supported; supported are "
            f"{', '.join(AUGMENTATIONS)}"
        )
    static = STATIC_FIELDS.get(name, ())
    fields = list(_flat(filled(name, getattr(step, name)), ""))
    dynamic = [is_number and path.partition("[")[0] not in static for path, _, is_number in fields]
    return OptionValues(
        name,
        tuple((path, value) for (path, value, _), moves in zip(fields, dynamic, strict=True) if not moves),
        tuple((path, float(value)) for (path, value, _), moves in zip(fields, dynamic, strict=True) if moves),
    )


def _flat(message: Message, prefix: str) -> Iterator[tuple[str, Any, bool]]:
    """Yield path, value and whether it is a number, for every field but those of keypoints."""
    for field in schema_of(message).fields:
        if field.name.startswith(_UNUSED_PREFIX):
            continue
        path, value = f"{prefix}{field.name}", getattr(message, field.name)
        is_number = field.type in _NUMBERS
        if not is_repeated(field):
            yield path, value, is_number
            continue
        yield path, len(value), False
        for place, element in enumerate(value):
            if is_message(field):
                yield from _flat(element, f"{path}[{place}].")
            else:
                yield f"{path}[{place}]", element, is_number
