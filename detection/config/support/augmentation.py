"""Checks of the augmentation options."""

from collections.abc import Iterator

from google.protobuf.message import Message

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.fields import get_plain
from sweepbox.detection.config.support.augmentation_geometry import (
    GEOMETRY_OPTIONS,
    GEOMETRY_PAIRS,
    geometry_problems,
)
from sweepbox.detection.config.support.augmentation_pixels import (
    PIXEL_OPTIONS,
    REFUSED_PIXEL_OPTIONS,
    pixel_option_problems,
)
from sweepbox.detection.config.support.rules import Check, Range, range_problems

PATH = "train_config.data_augmentation_options"
_RULES: dict[str, tuple[Range, ...]] = {**GEOMETRY_OPTIONS, **PIXEL_OPTIONS}
AUGMENTATIONS = tuple(_RULES)
"""The options of `data_augmentation_options` that training applies."""

_PAIRS = (("min_delta", "max_delta"), *GEOMETRY_PAIRS)


def option_name(step: pb.PreprocessingStep) -> str | None:
    """Return the name of the option that a step sets; None if it sets none."""
    name: str | None = step.WhichOneof("preprocessing_step")
    return name


def check_augmentations(config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
    """Check that each option is supported and has values in range and in order."""
    for index, step in enumerate(config.train_config.data_augmentation_options):
        name = option_name(step)
        if name is None:
            yield f"{PATH}[{index}]: nothing is chosen; remove it or choose one of {', '.join(AUGMENTATIONS)}"
        elif name in REFUSED_PIXEL_OPTIONS:
            yield f"{PATH}[{name}] is not supported: it {REFUSED_PIXEL_OPTIONS[name]}"
        elif name not in AUGMENTATIONS:
            yield f"{PATH}[{name}] is not supported; supported are {', '.join(AUGMENTATIONS)}"
        else:
            yield from _option_problems(getattr(step, name), f"{PATH}[{name}]", _RULES[name])
            if name in GEOMETRY_OPTIONS:
                yield from geometry_problems(name, getattr(step, name), f"{PATH}[{name}]")
            else:
                yield from pixel_option_problems(name, getattr(step, name), f"{PATH}[{name}]", config)


def _option_problems(option: Message, path: str, ranges: tuple[Range, ...]) -> Iterator[str]:
    """Yield the problems of one option's values."""
    for rule in ranges:
        value = get_plain(option, rule.path)
        if isinstance(value, int | float):
            full = Range(f"{path}.{rule.path}", rule.low, rule.high, rule.above)
            yield from range_problems(full, value)
    for low, high in _PAIRS:
        if {low, high} <= {rule.path for rule in ranges} and getattr(option, low) > getattr(option, high):
            values = f"{get_plain(option, low)} exceeds {high} = {get_plain(option, high)}"
            yield f"{path}.{low} = {values}; lower it"


AUGMENTATION_CHECKS: tuple[Check, ...] = (check_augmentations,)
"""The checks of the augmentation options."""
