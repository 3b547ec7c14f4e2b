"""Augmentations by class names and sizes of objects."""

import pytest

from sweepbox.tuning.draft.augmentations import CROP, FLIP, OFF, SATURATION, choose_augmentations, words
from sweepbox.tuning.draft.profile import DataProfile


def profile(*names: str, large: float = 0.3) -> DataProfile:
    return DataProfile(100, 20, dict.fromkeys(names, 10), median_side=large / 2, large_side=large)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("TurnLeft_2", ("turn", "left", "2")),
        ("turn-left", ("turn", "left")),
        ("LEFT", ("left",)),
        ("leftover", ("leftover",)),
        ("", ()),
    ],
)
def test_the_words_of_a_name(name: str, found: tuple[str, ...]) -> None:
    assert words(name) == found


@pytest.mark.parametrize(
    ("names", "is_off"),
    [
        (["cat", "dog"], False),
        (["turn_left", "stop"], True),
        (["TurnRight"], True),
        (["bright"], False),  # no word of its own
        (["leftover"], False),
        (["A", "B"], True),
        (["7", "12"], True),
        (["license plate"], True),
        (["text"], True),
        (["context"], False),
        (["mask 2"], False),
    ],
)
def test_a_flip_is_off_where_sides_or_writing_are_told(names: list[str], is_off: bool) -> None:
    flip = {choice.name: choice for choice in choose_augmentations(profile(*names), [])}[FLIP]
    assert flip.entry == (OFF if is_off else None)
    assert not is_off or any(repr(name) in flip.reason for name in names)


@pytest.mark.parametrize(
    ("large", "options", "low"),
    [
        (0.1, [], 0.1),
        (0.4, [], 0.25),  # (1.25 * 0.4) squared
        (0.4, [CROP], 0.25),
        (0.74, [], 0.8),
        (0.8, [], None),  # larger than any crop
        (0.1, ["ssd_random_crop"], None),
    ],
)
def test_a_crop_keeps_large_objects_whole(large: float, options: list[str], low: float | None) -> None:
    crop = {choice.name: choice for choice in choose_augmentations(profile("cat", large=large), options)}[CROP]
    if low is None:
        assert crop.entry == OFF
    else:
        assert crop.entry == {"enabled": [True, False], "min_area": {"uniform": [low, 0.9]}}


@pytest.mark.parametrize(("name", "is_off"), [("red light", True), ("ripe_tomato", True), ("cared", False)])
def test_saturation_is_off_where_colours_are_told(name: str, is_off: bool) -> None:
    choices = {choice.name: choice for choice in choose_augmentations(profile(name), [])}
    assert (choices[SATURATION].entry == OFF) == is_off
