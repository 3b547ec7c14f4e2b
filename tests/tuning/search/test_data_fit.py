from typing import Any

import pytest

from sweepbox.detection.diagnosis.boxes import AnnotatedBoxes, AnnotatedImage
from sweepbox.detection.diagnosis.coverage import Coverage
from sweepbox.tuning.search.data_fit import UnfitChoice, unfit_choices, without_choices
from sweepbox.tuning.spec.schema import SweepSpec
from tests.diagnosis.boxes import square_boxes
from tests.tiny import tiny_config

BASE = tiny_config("image_size=320", "anchor_scale=4", "min_level=3")
SMALL = square_boxes([18, 22, 26] * 20)
SIZES = {"choice": [128, 320, 640]}
RATE = {"learning_rate": {"log_uniform": [1e-4, 1e-2]}}


def spec_of(space: dict[str, Any], **keys: Any) -> SweepSpec:
    return SweepSpec(name="s", base_config="c", space=space, **keys)


def unfit(space: dict[str, Any], boxes: AnnotatedBoxes = SMALL, **keys: Any) -> list[tuple[str, Any]]:
    found = unfit_choices(BASE, spec_of(space, **keys), lambda: boxes)
    return [(item.parameter, item.value) for item in found]


@pytest.mark.parametrize(
    ("space", "expected"),
    [
        ({"image_size": SIZES, **RATE}, [("image_size", 128), ("image_size", 320)]),
        ({"image_size": {"choice": [128, 640]}, **RATE}, [("image_size", 128)]),
        ({"image_size": {"choice": [576, 640]}, **RATE}, []),
        ({"anchor_scale": {"choice": [2.0, 12.0]}, **RATE}, [("anchor_scale", 12.0)]),
        ({"aspect_ratios": {"choice": ["[1.0]", "[9.0]"]}, **RATE}, [("aspect_ratios", "[9.0]")]),
        (RATE, []),
        ({"batch_size": {"choice": [2, 4]}}, []),
    ],
)
def test_choices_that_cannot_match_the_boxes(space: dict[str, Any], expected: list[tuple[str, Any]]) -> None:
    if "aspect_ratios" in space:
        assert unfit(space, square_boxes([64] * 20)) == expected
    else:
        assert unfit(space) == expected


def test_a_choice_is_judged_with_the_best_of_the_other_settings() -> None:
    alone = {"image_size": {"choice": [320, 640]}, **RATE}
    assert unfit(alone) == [("image_size", 320)]
    assert unfit({**alone, "anchor_scale": {"choice": [2.0, 4.0]}}) == []
    assert unfit({**alone, "anchor_scale": {"uniform": [1.5, 4.0]}}) == []


def test_a_class_that_a_choice_suits_keeps_it() -> None:
    small = [AnnotatedImage(320, 320, [("small", (0.1, 0.1, 0.1 + 22 / 320, 0.1 + 22 / 320))])] * 50
    large = [AnnotatedImage(320, 320, [("large", (0.1, 0.1, 0.5, 0.5))])]
    space = {"anchor_scale": {"choice": [2.0, 12.0]}, **RATE}
    assert unfit(space, AnnotatedBoxes.of(small)) == [("anchor_scale", 12.0)]
    assert unfit(space, AnnotatedBoxes.of([*small, *large])) == []


@pytest.mark.parametrize(
    ("space", "keys"),
    [
        ({"image_size": SIZES}, {}),  # nothing would be left to search
        ({"image_size": SIZES, **RATE}, {"require": ["image_size <= 320 or learning_rate < 0.1"]}),
        ({"image_size": SIZES, **RATE}, {"objective": {"constraints": ["latency_ms <= 20"]}}),
        ({"image_size": SIZES, **RATE}, {"objective": {"metric": ["mAP", "gflop"]}}),
        (
            {"image_size": SIZES, "focal_gamma": {"uniform": [1.0, 2.0], "when": {"image_size": 128}}},
            {},
        ),
    ],
)
def test_spaces_that_are_left_as_they_are(space: dict[str, Any], keys: dict[str, Any]) -> None:
    assert unfit(space, **keys) == []


def test_conditional_settings_are_tried_where_they_exist() -> None:
    space = {
        "image_size": {"choice": [576, 640]},
        "anchor_scale": {"choice": [2.0, 14.0], "when": {"image_size": 640}},
        **RATE,
    }
    assert unfit(space) == [("anchor_scale", 14.0)]


def test_boxes_are_read_only_where_they_are_needed() -> None:
    def never() -> AnnotatedBoxes:
        raise AssertionError("the boxes are not needed")

    assert unfit_choices(BASE, spec_of(RATE), never) == ()


def test_the_reason_has_the_shares() -> None:
    [_, item] = unfit_choices(BASE, spec_of({"image_size": SIZES, **RATE}), lambda: SMALL)
    assert item.share == Coverage.of(BASE.model.ssd, SMALL).met().share
    assert item.best > 2 * item.share
    assert str(item) == (
        f"space.image_size: 320 is left out: anchors meet at most {item.share:.0%} of the boxes with it, and "
        f"{item.best:.0%} with the best choice"
    )


def test_choices_are_taken_out_of_a_sweep() -> None:
    spec = spec_of({"image_size": SIZES, **RATE})
    left = without_choices(spec, [UnfitChoice("image_size", 128, 0.1, 0.9), UnfitChoice("gone", 1, 0.1, 0.9)])
    assert left.space["image_size"].choice == [320, 640]
    assert left.space["learning_rate"] == spec.space["learning_rate"]
    assert without_choices(left, [UnfitChoice("image_size", 128, 0.1, 0.9)]) == left
