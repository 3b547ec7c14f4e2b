"""The augmentation options of a config: what of each is static and what is a value in the program."""

from collections.abc import Iterable
from dataclasses import dataclass

from google.protobuf.descriptor import FieldDescriptor

from detection.config import pipeline_pb2 as pb
from detection.config.support_augmentation import AUGMENTATIONS
from detection.core.errors import ConfigError


@dataclass(frozen=True)
class OptionValues:
    """One option as asked for: its name, its switches, which are static, and its dynamic values by field."""

    name: str
    switches: tuple[tuple[str, bool], ...]
    values: tuple[tuple[str, float], ...]

    @property
    def static_key(self) -> tuple[object, ...]:
        """What must be equal for two options to share a compiled program."""
        return (self.name, *self.switches)


def read_options(steps: Iterable[pb.PreprocessingStep]) -> tuple[OptionValues, ...]:
    """Return the options in config order, defaults filled in; ConfigError names one that is not supported.

    Ranges of values are for `detection.config.support.check_supported` to check.
    """
    return tuple(_read(step, index) for index, step in enumerate(steps))


def _read(step: pb.PreprocessingStep, index: int) -> OptionValues:
    """Return one option: floats are dynamic, booleans static, and lists (of keypoints) are not used."""
    name = step.WhichOneof("preprocessing_step")
    if name not in AUGMENTATIONS:
        raise ConfigError(
            f"data_augmentation_options[{index}]: {name or 'an empty option'} is not supported; supported are "
            f"{', '.join(AUGMENTATIONS)}"
        )
    message = getattr(step, name)
    fields = message.DESCRIPTOR.fields
    switches = [field.name for field in fields if field.type == FieldDescriptor.TYPE_BOOL]
    values = [field.name for field in fields if field.type == FieldDescriptor.TYPE_FLOAT]
    return OptionValues(
        name,
        tuple((field, bool(getattr(message, field))) for field in switches),
        tuple((field, float(getattr(message, field))) for field in values),
    )
