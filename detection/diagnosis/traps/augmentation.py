"""Augmentations that lose most boxes of a class, measured by running them."""

from collections.abc import Iterator, Sequence

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.support.augmentation import PATH, option_name
from sweepbox.detection.config.support.augmentation_geometry import GEOMETRY_OPTIONS
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.diagnosis.survival import survival
from sweepbox.detection.diagnosis.traps.finding import Case, Finding

LEAST_KEPT = 0.5
"""The least share of the boxes of a class that augmentation must keep."""
LABEL_OPTIONS = ("drop_label_probabilistically",)
KEEPING = ("random_horizontal_flip", "random_vertical_flip", "random_rotation90", "random_image_scale")


def lost_boxes(case: Case) -> Iterator[Finding]:
    """Find classes of which the augmentations keep less than half of the boxes, and the options that do it."""
    options = [item for item in case.config.train_config.data_augmentation_options if _can_lose(item)]
    if case.boxes is None or not options:
        return
    try:
        together = survival(options, case.boxes)
        alone = [survival([option], case.boxes) for option in options] if len(options) > 1 else [together]
    except ConfigError:
        return  # an option that training refuses is a problem of the config
    for index, name in enumerate(case.boxes.names):
        if together[index] >= LEAST_KEPT:
            continue
        worst = min(range(len(options)), key=lambda place: alone[place][index])
        option = options[worst]
        alone_text = f", this option alone {alone[worst][index]:.0%}" if len(options) > 1 else ""
        yield Finding(
            f"{PATH}[{option_name(option)}]",
            f"augmentation keeps {together[index]:.0%} of the boxes of {name!r}{alone_text}",
            _remedy(option),
        )


def _can_lose(option: pb.PreprocessingStep) -> bool:
    """Return whether an option may take boxes away."""
    name = option_name(option)
    return name in {*GEOMETRY_OPTIONS, *LABEL_OPTIONS} - {*KEEPING}


def _remedy(option: pb.PreprocessingStep) -> str:
    """Return what to change in an option."""
    fields = {field.name for field in getattr(option, str(option_name(option))).DESCRIPTOR.fields}
    milder: Sequence[str] = [
        text
        for field, text in (
            ("min_area", "raise min_area"),
            ("overlap_thresh", "lower overlap_thresh"),
            ("scale_min", "raise scale_min"),
            ("drop_probability", "lower drop_probability"),
        )
        if field in fields
    ]
    return " or ".join([*milder, "remove the option"])
