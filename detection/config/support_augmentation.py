"""Which augmentations are supported, and which of their values make sense."""

from collections.abc import Iterator

from google.protobuf.message import Message

from detection.config import pipeline_pb2 as pb
from detection.config.fields import get_plain
from detection.config.rules import Check, Range, range_problems

PATH = "train_config.data_augmentation_options"
AUGMENTATIONS = (
    "random_horizontal_flip",
    "random_vertical_flip",
    "random_crop_image",
    "random_adjust_brightness",
    "random_adjust_contrast",
    "random_adjust_saturation",
    "random_adjust_hue",
)
"""The options of `data_augmentation_options` that training applies."""

_FLIP = (Range("probability", 0, 1, above=True),)
_FACTOR = (Range("min_delta", 0), Range("max_delta", 0))
_RANGES: dict[str, tuple[Range, ...]] = {
    "random_horizontal_flip": _FLIP,
    "random_vertical_flip": _FLIP,
    "random_crop_image": (
        Range("min_object_covered", 0, 1),
        Range("min_aspect_ratio", 0, above=True),
        Range("max_aspect_ratio", 0, above=True),
        Range("min_area", 0, 1, above=True),
        Range("max_area", 0, 1, above=True),
        Range("overlap_thresh", 0, 1),
        Range("random_coef", 0, 1),
    ),
    "random_adjust_brightness": (Range("max_delta", 0, 1),),
    "random_adjust_contrast": _FACTOR,
    "random_adjust_saturation": _FACTOR,
    "random_adjust_hue": (Range("max_delta", 0, 0.5),),
}
_PAIRS = (("min_delta", "max_delta"), ("min_aspect_ratio", "max_aspect_ratio"), ("min_area", "max_area"))


def check_augmentations(config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
    """Check that each option is supported and has values in range and in order."""
    for index, step in enumerate(config.train_config.data_augmentation_options):
        name = step.WhichOneof("preprocessing_step")
        if name is None:
            yield f"{PATH}[{index}]: nothing is chosen; remove it or choose one of {', '.join(AUGMENTATIONS)}"
        elif name not in AUGMENTATIONS:
            yield f"{PATH}[{name}] is not supported; supported are {', '.join(AUGMENTATIONS)}"
        else:
            yield from _option_problems(getattr(step, name), f"{PATH}[{name}]", _RANGES[name])


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
"""What the augmentation options are checked for."""
