"""Importance of parameters, on trials whose scores follow from one parameter alone."""

import random

import pytest

from sweepbox.tuning.search.importance import LEAST_TRIALS, ScoredTrial, parameter_importance
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import Augmentation, Distribution

SPACE = Space(
    {
        "learning_rate": Distribution(log_uniform=[1e-4, 1e-1]),
        "optimizer": Distribution(choice=["adam", "momentum"]),
    },
    {"flip": Augmentation.model_validate({"enabled": [True, False], "strength": {"uniform": [0.0, 1.0]}})},
)


def trials(count: int) -> list[ScoredTrial]:
    """Return trials that are better the nearer the learning rate is to 1e-2."""
    draw = random.Random(1)  # noqa: S311 - no secret
    found = []
    for _ in range(count):
        exponent, flip = draw.uniform(-4, -1), draw.random() < 0.5
        more = {"flip.strength": draw.random()} if flip else {}
        parameters = {
            "learning_rate": 10**exponent,
            "optimizer": draw.choice(["adam", "momentum"]),
            "flip": flip,
            **more,
        }
        found.append(ScoredTrial(parameters, -abs(exponent + 2)))
    return found


@pytest.mark.parametrize("count", [24, 200])
def test_the_parameter_that_decides_is_the_most_important(count: int) -> None:
    found = parameter_importance(SPACE, trials(count), "maximize")
    assert next(iter(found.shares)) == "learning_rate"
    assert found.shares["learning_rate"] > 0.6
    assert set(found.shares) == {"learning_rate", "optimizer", "flip", "flip.strength"}
    assert sum(found.shares.values()) == pytest.approx(1)
    assert (found.trials, found.good) == (count, max(8, count // 10))


def test_a_minimised_score_is_judged_the_other_way_round() -> None:
    negative = [ScoredTrial(trial.parameters, -trial.score) for trial in trials(100)]
    assert parameter_importance(SPACE, negative, "minimize") == parameter_importance(
        SPACE, trials(100), "maximize"
    )


def test_too_few_or_equal_trials_have_no_importance() -> None:
    assert parameter_importance(SPACE, trials(LEAST_TRIALS - 1), "maximize").shares == {}
    equal = [ScoredTrial(trial.parameters, 0.5) for trial in trials(30)]
    assert parameter_importance(SPACE, equal, "maximize").shares == {}


def test_trials_without_parameters_of_the_space_are_left_out() -> None:
    others = [ScoredTrial({}, 1.0), ScoredTrial({"other": 1}, 1.0)]
    assert parameter_importance(SPACE, [*trials(20), *others], "maximize").trials == 20
