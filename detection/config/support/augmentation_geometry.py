"""The geometric augmentations with the ranges of their values."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message

from sweepbox.detection.config.fields import get_plain, schema_of
from sweepbox.detection.config.support.rules import Range, range_problems

_PROBABILITY = Range("probability", 0, 1, above=True)
_COVERED = (Range("min_object_covered", 0, 1), Range("overlap_thresh", 0, 1), Range("random_coef", 0, 1))
_ASPECTS = (Range("min_aspect_ratio", 0, above=True), Range("max_aspect_ratio", 0, above=True))
_AREAS = (Range("min_area", 0, 1, above=True), Range("max_area", 0, 1, above=True))
_CROP = (*_COVERED, *_ASPECTS, *_AREAS)
_ASPECT_RATIO = Range("aspect_ratio", 0, above=True)
MAX_TARGET_PIXELS = 800_000
"""`random_downscale_to_target_pixels` without `max_target_pixels`; the schema says 500 000."""
_LARGEST = 2**14
"""The largest accepted side of an image in pixels; a larger value is taken for a mistake."""

GEOMETRY_OPTIONS: dict[str, tuple[Range, ...]] = {
    "random_horizontal_flip": (_PROBABILITY,),
    "random_vertical_flip": (_PROBABILITY,),
    "random_rotation90": (_PROBABILITY,),
    "random_jitter_boxes": (Range("ratio", 0, 1),),
    "random_crop_image": _CROP,
    "random_crop_to_aspect_ratio": (_ASPECT_RATIO, Range("overlap_thresh", 0, 1)),
    "ssd_random_crop": (),
    "ssd_random_crop_pad": (),
    "ssd_random_crop_fixed_aspect_ratio": (_ASPECT_RATIO,),
    "ssd_random_crop_pad_fixed_aspect_ratio": (_ASPECT_RATIO,),
    "random_pad_image": tuple(
        Range(f"{end}_image_{side}", 0, _LARGEST) for side in ("height", "width") for end in ("min", "max")
    ),
    "random_absolute_pad_image": (
        Range("max_height_padding", 0, _LARGEST),
        Range("max_width_padding", 0, _LARGEST),
    ),
    "random_crop_pad_image": _CROP,
    "random_square_crop_by_scale": (
        Range("max_border", 0),
        Range("scale_min", 0, above=True),
        Range("scale_max", 0, above=True),
        Range("num_scales", 1),
    ),
    "random_scale_crop_and_pad_to_square": (
        Range("output_size", 1, _LARGEST),
        Range("scale_min", 0, above=True),
        Range("scale_max", 0, above=True),
    ),
    "random_self_concat_image": (
        Range("concat_vertical_probability", 0, 1),
        Range("concat_horizontal_probability", 0, 1),
    ),
    "random_image_scale": (
        Range("min_scale_ratio", 0, above=True),
        Range("max_scale_ratio", 0, above=True),
    ),
    "random_downscale_to_target_pixels": (
        Range("random_coef", 0, 1),
        Range("min_target_pixels", 1),
        Range("max_target_pixels", 1),
    ),
    "random_resize_method": (Range("target_height", 1, _LARGEST), Range("target_width", 1, _LARGEST)),
    "resize_image": (Range("new_height", 1, _LARGEST), Range("new_width", 1, _LARGEST)),
}
"""The ranges of each option's fields; other fields accept any value."""

GEOMETRY_PAIRS = (
    ("min_aspect_ratio", "max_aspect_ratio"),
    ("min_area", "max_area"),
    ("scale_min", "scale_max"),
    ("min_scale_ratio", "max_scale_ratio"),
)
"""Fields of which the first must not exceed the second."""

_OPERATION_RULES = {
    "ssd_random_crop": _CROP,
    "ssd_random_crop_pad": _CROP,
    "ssd_random_crop_fixed_aspect_ratio": (*_COVERED, *_AREAS),
    "ssd_random_crop_pad_fixed_aspect_ratio": _CROP,
}
"""The ranges of the fields of `operations`; their default, 0, is mostly invalid."""
_CHANNELS = 3
_COLOURS = ("pad_color_r", "pad_color_g", "pad_color_b")


def geometry_problems(name: str, option: Any, path: str) -> Iterator[str]:
    """Yield the problems of one option other than those of single numbers; `path` is that of the option."""
    if name == "random_pad_image":
        yield from _size_problems(option, path)
    if name == "random_downscale_to_target_pixels":
        yield from _target_problems(option, path)
    yield from _list_problems(option, path)
    for place, operation in enumerate(option.operations if name in _OPERATION_RULES else ()):
        at = f"{path}.operations[{place}]"
        yield from _list_problems(operation, at)
        for rule in _OPERATION_RULES[name]:
            full = Range(f"{at}.{rule.path}", rule.low, rule.high, rule.above)
            yield from range_problems(full, getattr(operation, rule.path))
        yield from _order_problems(operation, at)


def _order_problems(operation: Message, path: str) -> Iterator[str]:
    """Yield the pairs whose first value exceeds the second."""
    known = schema_of(operation).fields_by_name
    for low, high in GEOMETRY_PAIRS:
        if low in known and getattr(operation, low) > getattr(operation, high):
            values = f"{get_plain(operation, low)} exceeds {high} = {get_plain(operation, high)}"
            yield f"{path}.{low} = {values}; lower it"


def _target_problems(option: Any, path: str) -> Iterator[str]:
    """Yield a problem if the minimum exceeds the maximum, whose default is not the schema's."""
    most = option.max_target_pixels if option.HasField("max_target_pixels") else MAX_TARGET_PIXELS
    if option.min_target_pixels > most:
        values = f"{option.min_target_pixels} exceeds max_target_pixels = {most}"
        yield f"{path}.min_target_pixels = {values}; lower it"


def _size_problems(option: Any, path: str) -> Iterator[str]:
    """Yield sizes of which only one side is given, and minima above their maxima."""
    for end in ("min", "max"):
        if bool(getattr(option, f"{end}_image_height")) != bool(getattr(option, f"{end}_image_width")):
            yield f"{path}: {end}_image_height and {end}_image_width go together; give both or neither"
    for side in ("height", "width"):
        low, high = getattr(option, f"min_image_{side}"), getattr(option, f"max_image_{side}")
        if high and low > high:
            yield f"{path}.min_image_{side} = {low} exceeds max_image_{side} = {high}; lower it"


def _list_problems(option: Message, path: str) -> Iterator[str]:
    """Yield the problems of colours and of size ratios, if the message has them."""
    names = schema_of(option).fields_by_name
    for name in _COLOURS:
        if name in names:
            yield from range_problems(Range(f"{path}.{name}", 0, 255), getattr(option, name))
    if "pad_color" in names:
        yield from _numbers(getattr(option, "pad_color"), f"{path}.pad_color", {0, 1, _CHANNELS}, 255)  # noqa: B009
    for end in ("min", "max"):
        name = f"{end}_padded_size_ratio"
        if name in names:
            yield from _numbers(getattr(option, name), f"{path}.{name}", {0, 2}, None)


def _numbers(values: Any, path: str, counts: set[int], high: float | None) -> Iterator[str]:
    if len(values) not in counts:
        some = " or ".join(str(count) for count in sorted(counts) if count)
        yield f"{path}: {len(values)} values; give {some} or none"
    for place, value in enumerate(values):
        yield from range_problems(Range(f"{path}[{place}]", 0, high), value)
