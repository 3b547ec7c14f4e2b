import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweepbox.tuning.search.samplers.auto import Budget, choose_sampler
from sweepbox.tuning.search.samplers.modelled import models_half
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import Augmentation, Distribution

from .sampler_contract import DISCRETE, SPACE

RANGES = Space({name: Distribution(uniform=[0, 1]) for name in "abcd"}, {})
ONE_RANGE = Space({"a": Distribution(uniform=[0, 1])}, {})
CONDITIONAL = Space(
    {},
    {
        "hue": Augmentation.model_validate(
            {"max_delta": {"uniform": [0, 1]}, "by": {"uniform": [0, 1]}, "of": {"uniform": [0, 1]}}
        )
    },
)


@pytest.mark.parametrize(
    ("space", "budget", "sampler", "reason"),
    [
        (DISCRETE, Budget(27, 2), "grid", "27 trials suffice for all 27 points of the space"),
        (DISCRETE, Budget(26, 2), "tpe", "it models all parameters of any space"),
        (DISCRETE, Budget(10, 2), "qmc", "10 trials on 2 workers leave little to learn from"),
        (SPACE, Budget(11, 2), "tpe", "it models all parameters of any space"),
        (CONDITIONAL, Budget(4, 2), "tpe", "it models all parameters of any space"),
        (SPACE, Budget(200, 2), "tpe", "it models all parameters of any space"),
        (RANGES, Budget(200, 8), "cmaes", "4 ranges, no choices, and 200 trials"),
        (RANGES, Budget(99, 8), "tpe", "it models all parameters of any space"),
        (RANGES, Budget(200, 9), "tpe", "it models all parameters of any space"),
        (ONE_RANGE, Budget(200, 2), "tpe", "it models all parameters of any space"),
        (RANGES, Budget(200, 8, objectives=2), "nsga2", "2 objectives and at least 100 trials"),
        (RANGES, Budget(99, 8, objectives=2), "tpe", "it models all parameters of any space"),
        (CONDITIONAL, Budget(200, 8, objectives=2), "tpe", "it models all parameters of any space"),
    ],
)
def test_the_first_rule_that_applies_decides(space: Space, budget: Budget, sampler: str, reason: str) -> None:
    choice = choose_sampler(space, budget)
    assert (choice.sampler.type, choice.reason) == (sampler, f"sampler: auto chose {sampler}: {reason}")


@given(
    conditional=st.integers(0, 6),
    ranges=st.integers(0, 6),
    trials=st.integers(1, 500),
    workers=st.integers(1, 64),
    objectives=st.integers(1, 3),
)
@settings(deadline=None, derandomize=True)
def test_the_choice_models_at_least_half(
    conditional: int, ranges: int, trials: int, workers: int, objectives: int
) -> None:
    augmentation = {str(index): {"uniform": [0, 1]} for index in range(conditional)}
    space = Space(
        {name: Distribution(uniform=[0, 1]) for name in "abcdef"[:ranges]},
        {"hue": Augmentation.model_validate(augmentation)},
    )
    assert models_half(choose_sampler(space, Budget(trials, workers, objectives)).sampler, space)
