import pytest

from sweepbox.tuning.search.samplers.grid import MAX_POINTS, Grid, max_trials, points_of
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.search.suggestions import Suggestions
from sweepbox.tuning.spec.schema import Augmentation, Distribution

from .sampler_contract import DISCRETE, POINTS, SPACE, Sweep


def test_conditional_parameters_count_only_where_they_are_present() -> None:
    space = Space(
        {"size": Distribution(integer=[2, 7], step=3)},
        {"hue": Augmentation.model_validate({"by": {"choice": [1, 2]}})},
    )
    assert list(points_of(space)) == [
        {"size": 2, "hue": True, "hue.by": 1},
        {"size": 2, "hue": True, "hue.by": 2},
        {"size": 2, "hue": False},
        {"size": 5, "hue": True, "hue.by": 1},
        {"size": 5, "hue": True, "hue.by": 2},
        {"size": 5, "hue": False},
    ]
    assert max_trials(Grid(), space) == 6


def test_no_point_is_repeated_before_all_were_tried() -> None:
    suggested = Sweep(Grid(), space=DISCRETE).run(POINTS + 3)
    assert len({tuple(one.items()) for one in suggested[:POINTS]}) == POINTS


def test_ranges_of_real_numbers_are_refused_by_name() -> None:
    remedy = (
        "grid takes choices, whole numbers and ranges with a step; give a `step` or `choice`, or use another "
        "sampler"
    )
    hue = "space.random_adjust_hue.max_delta"
    assert Grid().problems(SPACE) == tuple(
        f"{key}: {remedy}" for key in ("space.learning_rate", "space.focal_gamma", hue)
    )


@pytest.mark.parametrize(("last", "refused"), [(MAX_POINTS, False), (MAX_POINTS + 1, True)])
def test_a_grid_that_is_too_large_is_refused(last: int, refused: bool) -> None:
    space = Space({"num_steps": Distribution(integer=[1, last])}, {})
    assert bool(Grid().problems(space)) == refused
    assert max_trials(Grid(), space) == (None if refused else last)


def test_a_range_with_a_step_is_a_list_of_values() -> None:
    space = Space({"focal_gamma": Distribution(uniform=[0.0, 0.35], step=0.1)}, {})
    assert list(points_of(space)) == [{"focal_gamma": value} for value in (0.0, 0.1, 0.2, 0.3)]
    assert not Grid().problems(space)
    suggested = Sweep(Grid(), space=space).run(4)
    assert sorted(one["focal_gamma"] for one in suggested) == [0.0, 0.1, 0.2, 0.3]


def test_a_point_that_is_refused_is_followed_by_another_one() -> None:
    space = Space({"num_steps": Distribution(integer=[1, 8])}, {})
    suggestions = Suggestions(
        Grid(), space, seed=0, is_feasible=lambda edits: all(edit.value % 2 == 0 for edit in edits)
    )
    suggested = [suggestions.suggest().parameters["num_steps"] for _ in range(4)]
    assert sorted(suggested) == [2, 4, 6, 8]
