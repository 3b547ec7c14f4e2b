import pytest

from sweepbox.tuning.search.samplers.grid import MAX_POINTS, Grid, max_trials, points_of
from sweepbox.tuning.search.space import Space
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
    remedy = "grid takes choices and whole-number ranges; list values in `choice`, or use another sampler"
    hue = "space.random_adjust_hue.max_delta"
    assert Grid().problems(SPACE) == tuple(
        f"{key}: {remedy}" for key in ("space.learning_rate", "space.focal_gamma", hue)
    )


@pytest.mark.parametrize(("last", "refused"), [(MAX_POINTS, False), (MAX_POINTS + 1, True)])
def test_a_grid_that_is_too_large_is_refused(last: int, refused: bool) -> None:
    space = Space({"num_steps": Distribution(integer=[1, last])}, {})
    assert bool(Grid().problems(space)) == refused
    assert max_trials(Grid(), space) == (None if refused else last)
