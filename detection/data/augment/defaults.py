"""Defaults that are not in the schema: lists of settings, and one default that the schema states wrongly.

The Object Detection API sets these in code; in the schema the lists are empty.
"""

from google.protobuf import text_format
from google.protobuf.message import Message

from sweepbox.detection.config.support.augmentation_geometry import MAX_TARGET_PIXELS

SHARES = (0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
"""The minimum covered fractions of an object in the settings of the SSD paper (Liu et al. 2016)."""

_AREA = "min_area: 0.1 max_area: 1.0 random_coef: 0.15"
_MEAN_COLOUR = "pad_color_r: -1 pad_color_g: -1 pad_color_b: -1"
_ASPECT = "min_aspect_ratio: 0.5 max_aspect_ratio: 2.0"
_RATIOS = {"min_padded_size_ratio": (1.0, 1.0), "max_padded_size_ratio": (2.0, 2.0)}
_OPERATIONS = {
    "ssd_random_crop": ((0.0, *SHARES), f"{_ASPECT} {_AREA}"),
    "ssd_random_crop_pad": (SHARES, f"{_ASPECT} {_AREA} {_MEAN_COLOUR}"),
    "ssd_random_crop_fixed_aspect_ratio": ((0.0, *SHARES), _AREA),
    "ssd_random_crop_pad_fixed_aspect_ratio": ((0.0, *SHARES), f"{_ASPECT} {_AREA}"),
}


def filled(name: str, option: Message) -> Message:
    """Return a copy of an option's message with these defaults filled in."""
    copy = type(option)()
    copy.CopyFrom(option)
    if name in _OPERATIONS and not copy.operations:  # type: ignore[attr-defined]
        shares, rest = _OPERATIONS[name]
        for share in shares:
            text_format.Parse(
                f"operations {{ min_object_covered: {share} overlap_thresh: {share} {rest} }}", copy
            )
    for holder in (copy, *getattr(copy, "operations", ())):
        for field, ratios in _RATIOS.items():
            if field in holder.DESCRIPTOR.fields_by_name and not getattr(holder, field):
                getattr(holder, field).extend(ratios)
    if name == "random_downscale_to_target_pixels" and not copy.HasField("max_target_pixels"):
        copy.max_target_pixels = MAX_TARGET_PIXELS  # type: ignore[attr-defined]
    return copy
