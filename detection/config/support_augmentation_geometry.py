"""Which geometric augmentations are supported, with the ranges of their values."""

from detection.config.rules import Range

_FLIP = (Range("probability", 0, 1, above=True),)
GEOMETRY_OPTIONS: dict[str, tuple[Range, ...]] = {
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
}
"""The rules of each option's fields; a field without one takes any value."""
