"""Augmentations that fit a data set, each with its reason."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sweepbox.tuning.draft.profile import DataProfile

DIRECTIONS = {
    "left", "right", "east", "west", "clockwise", "counterclockwise", "anticlockwise", "cw", "ccw", "port",
    "starboard", "leftward", "rightward",
}  # fmt: skip
WRITING = {"text", "letter", "digit", "character", "char", "number", "word", "numeral", "plate", "handwriting"}
COLOURS = {
    "red", "green", "blue", "yellow", "orange", "purple", "pink", "brown", "white", "black", "grey", "gray",
    "ripe", "unripe",
}  # fmt: skip
OFF = {"enabled": False}
FLIP, CROP, SATURATION = "random_horizontal_flip", "random_crop_image", "random_adjust_saturation"
WEAKEST_CROP = 0.9
"""The largest least area of a crop."""
ROOM = 1.25
"""How many times as wide as a large object a crop is at least."""


@dataclass(frozen=True)
class Choice:
    """An entry of `augmentations`, None where the preset's stays, and the reason for it."""

    name: str
    entry: Mapping[str, Any] | None
    reason: str


def choose_augmentations(profile: DataProfile, options: Sequence[str]) -> tuple[Choice, ...]:
    """Return the entries for a data set and a base config with these augmentation options."""
    return (_flip(profile.class_counts), _crop(profile, options), _saturation(profile.class_counts))


def words(name: str) -> tuple[str, ...]:
    """Return the words of a class name in small letters: `TurnLeft_2` has turn, left and 2."""
    return tuple(word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name))


def _flip(names: Iterable[str]) -> Choice:
    directed = list(_with_words(names, DIRECTIONS))
    if directed:
        return Choice(FLIP, OFF, f"off: a mirror image would make {_quoted(directed)} the other side")
    written = [name for name in names if len(name) == 1 or {*words(name)} & WRITING or name.isdecimal()]
    if written:
        return Choice(FLIP, OFF, f"off: {_quoted(written)} is writing, which is not mirrored")
    return Choice(FLIP, None, "as in the preset: no class name tells left from right or names writing")


def _crop(profile: DataProfile, options: Sequence[str]) -> Choice:
    others = [name for name in options if "crop" in name and name != CROP]
    if others:
        return Choice(CROP, OFF, f"off: the base config crops with {others[0]} already")
    large = f"nine of ten objects are at most {profile.large_side:.0%} as wide as the image"
    least = round((ROOM * profile.large_side) ** 2, 2)
    if least >= WEAKEST_CROP:
        return Choice(CROP, OFF, f"off: {large}, and a crop would cut the others")
    low = min(max(least, 0.1), WEAKEST_CROP - 0.1)
    entry = {"enabled": [True, False], "min_area": {"uniform": [round(low, 2), WEAKEST_CROP]}}
    return Choice(CROP, entry, f"{large}; a crop of {low:.0%} of the area still shows one whole")


def _saturation(names: Iterable[str]) -> Choice:
    coloured = list(_with_words(names, COLOURS))
    if coloured:
        return Choice(SATURATION, OFF, f"off: the colour tells {_quoted(coloured)}")
    return Choice(SATURATION, None, "as in the preset: no class name is a colour")


def _with_words(names: Iterable[str], wanted: set[str]) -> Iterator[str]:
    return (name for name in names if wanted & {*words(name)})


def _quoted(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
