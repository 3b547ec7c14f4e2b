"""The augmentations of pixels, labels and whole batches with the ranges of their values."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.support.rules import Range

_FACTOR = (Range("min_delta", 0), Range("max_delta", 0))
_SHARE = (Range("probability", 0, 1),)
PIXEL_OPTIONS: dict[str, tuple[Range, ...]] = {
    "random_adjust_brightness": (Range("max_delta", 0, 1),),
    "random_adjust_contrast": _FACTOR,
    "random_adjust_saturation": _FACTOR,
    "random_adjust_hue": (Range("max_delta", 0, 0.5),),
    "random_distort_color": (Range("color_ordering", 0, 1),),
    "random_rgb_to_gray": _SHARE,
    "adjust_gamma": (Range("gamma", 0), Range("gain", 0)),
    "normalize_image": (),
    "random_pixel_value_scale": (Range("minval", 0), Range("maxval", 0)),
    "random_patch_gaussian": (
        Range("random_coef", 0, 1),
        Range("min_patch_size", 0),
        Range("max_patch_size", 1),
        Range("min_gaussian_stddev", 0),
        Range("max_gaussian_stddev", 0),
    ),
    "random_black_patches": (
        Range("max_black_patches", 0, 100),
        Range("probability", 0, 1),
        Range("size_to_image_ratio", 0, 1),
    ),
    "random_jpeg_quality": (
        Range("random_coef", 0, 1),
        Range("min_jpeg_quality", 0, 100),
        Range("max_jpeg_quality", 1, 101),
    ),
    "remap_labels": (Range("new_label", 1),),
    "drop_label_probabilistically": (Range("label", 1), Range("drop_probability", 0, 1)),
    "random_mosaic": (
        *_SHARE,
        Range("min_scale", 0, above=True),
        Range("max_scale", 0, above=True),
        Range("min_center", 0, 1),
        Range("max_center", 0, 1),
        Range("min_visible_area", 0, 1),
        Range("max_number_of_boxes", 1),
    ),
    "random_mix_up": (
        *_SHARE,
        Range("min_ratio", 0, 1),
        Range("max_ratio", 0, 1),
        Range("max_number_of_boxes", 1),
    ),
    "random_copy_paste": (
        *_SHARE,
        Range("max_objects", 1, 100),
        Range("max_class_share", 0, 1),
        Range("min_scale", 0, above=True),
        Range("max_scale", 0, above=True),
        Range("max_overlap", 0, 1),
        Range("feather", 0, 1),
    ),
}
"""The ranges of each option's fields; other fields accept any value."""

REFUSED_PIXEL_OPTIONS: dict[str, str] = {
    "rgb_to_gray": "leaves one channel, and the networks take three; use random_rgb_to_gray { probability: 1 }",
    "subtract_channel_mean": "fails in the Object Detection API's training as well, and the feature extractor "
    "subtracts the channel means itself; remove it",
    "convert_class_logits_to_softmax": "works on the class scores of another model, which records of boxes do "
    "not hold; remove it",
    "scale_boxes_to_pixel_coordinates": "turns boxes into pixels, which training reads as fractions of the "
    "image; remove it",
}
"""Options that are not supported, with the reason and the remedy."""

_HALF_OPEN = (("min_jpeg_quality", "max_jpeg_quality"), ("min_patch_size", "max_patch_size"))
_PAIRS = (
    ("minval", "maxval"),
    ("min_gaussian_stddev", "max_gaussian_stddev"),
    ("min_scale", "max_scale"),
    ("min_center", "max_center"),
    ("min_ratio", "max_ratio"),
)
_NEEDS_OTHERS = {"random_mosaic", "random_mix_up"}
"""Options that use other images of the batch."""


def pixel_option_problems(
    name: str, option: Any, path: str, config: pb.TrainEvalPipelineConfig
) -> Iterator[str]:
    """Yield the problems of a pixel option other than those of single fields."""
    yield from _order_problems(option, path)
    if name == "normalize_image":
        yield from _range_problems(option, path)
    if name == "remap_labels":
        yield from _label_problems(option, path, config.model.ssd.num_classes)
    if name in _NEEDS_OTHERS and config.train_config.batch_size < 2:
        yield f"{path} mixes the images of a batch; give train_config.batch_size at least 2"


def _order_problems(option: Message, path: str) -> Iterator[str]:
    """Yield the pairs of fields that are not ascending; integers are drawn below the upper one."""
    names = option.DESCRIPTOR.fields_by_name
    for low, high in (*_HALF_OPEN, *_PAIRS):
        if low not in names or high not in names:
            continue
        first, last = getattr(option, low), getattr(option, high)
        if first > last:
            yield f"{path}.{low} = {first:g} exceeds {high} = {last:g}; lower it"
        elif first == last and (low, high) in _HALF_OPEN:
            yield f"{path}.{high} = {last:g}: {low} is as large, and numbers are drawn below it; raise it"


def _range_problems(option: Any, path: str) -> Iterator[str]:
    """Yield missing fields of `normalize_image`, which have no default, and an empty original range."""
    fields = ("original_minval", "original_maxval", "target_minval", "target_maxval")
    missing = [field for field in fields if not option.HasField(field)]
    if missing:
        yield f"{path}: {', '.join(missing)} must be given; there is no default"
    elif option.original_minval == option.original_maxval:
        yield f"{path}.original_maxval = {option.original_maxval:g}: give another value than original_minval"


def _label_problems(option: Any, path: str, classes: int) -> Iterator[str]:
    """Yield labels without a class."""
    if option.new_label > classes:
        yield f"{path}.new_label = {option.new_label}: the model has classes 1 to {classes}; give one of them"
