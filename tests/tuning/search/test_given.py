from pathlib import Path
from typing import Any

import pytest

from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.load import load_config
from sweepbox.tuning.search.given import parameters_of
from sweepbox.tuning.search.observation import Observation, ObservedState
from sweepbox.tuning.search.replay import is_in_space
from sweepbox.tuning.search.samplers.tpe import TPE
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.search.suggestions import Suggestions
from sweepbox.tuning.spec.schema import SweepSpec

QUICKSTART = load_config(Path(__file__).parents[3] / "experiments" / "configs" / "quickstart.config")
GAMMA = {"focal_gamma": {"uniform": [1.0, 3.0]}}


def space_of(**keys: Any) -> Space:
    return Space.of(SweepSpec(name="s", base_config="c", **keys))


@pytest.mark.parametrize(
    ("keys", "edits", "parameters"),
    [
        ({"space": GAMMA}, {"focal_gamma": 1.5}, {"focal_gamma": 1.5}),
        ({"space": GAMMA}, {"focal_gamma": 9.0}, {"focal_gamma": 9.0}),
        ({"space": {"batch_size": {"choice": [4, 8]}}}, {"batch_size": 8}, {"batch_size": 8}),
        (
            {
                "space": {
                    "batch_size": {"choice": [4, 8]},
                    "learning_rate": {"uniform": [0, 1], "scale_with": {"batch_size": 4}},
                }
            },
            {"batch_size": 8, "learning_rate": 0.5},
            {"batch_size": 8, "learning_rate": 0.25},
        ),
        (
            {
                "space": {
                    "optimizer": {"choice": ["adam_optimizer", "momentum_optimizer"]},
                    "momentum": {"uniform": [0, 1], "when": {"optimizer": "momentum_optimizer"}},
                }
            },
            {"optimizer": "adam_optimizer"},
            {"optimizer": "adam_optimizer"},
        ),
        (
            {"augmentations": {"random_adjust_hue": {"max_delta": {"uniform": [0, 0.1]}}}},
            {},
            {"random_adjust_hue": False},
        ),
        (
            {"augmentations": {"random_adjust_hue": {"max_delta": {"uniform": [0, 0.1]}}}},
            {"train_config.data_augmentation_options[random_adjust_hue].max_delta": 0.03},
            {"random_adjust_hue": True, "random_adjust_hue.max_delta": 0.03},
        ),
        ({"space": {"momentum": {"uniform": [0, 1]}}}, {"optimizer": "adam_optimizer"}, {}),
    ],
)
def test_the_parameters_that_a_config_has(keys: Any, edits: dict[str, Any], parameters: dict[str, Any]) -> None:
    config = apply_edits(QUICKSTART, [Edit(path, value) for path, value in edits.items()])
    assert parameters_of(config, space_of(**keys)) == parameters


def test_a_given_trial_tells_the_sampler_where_it_lies_in_the_space() -> None:
    suggestions = Suggestions(TPE(), space_of(space=GAMMA), seed=0)
    inside = suggestions.give([Edit("focal_gamma", 1.5)], {"focal_gamma": 1.5})
    outside = suggestions.give([Edit("focal_gamma", 9.0)], {"focal_gamma": 9.0})
    assert (inside.number, inside.parameters) == (0, {"focal_gamma": 1.5})
    assert (outside.number, outside.parameters) == (1, {})
    suggestions.report(0, 1, 0.5)
    suggestions.report(1, 1, 0.5)
    suggestions.close(0, ObservedState.FINISHED, scores=[0.5])
    suggestions.close(1, ObservedState.FINISHED, scores=[0.5])
    assert suggestions.trial(0).values == [0.5]
    assert suggestions.suggest().number == 2


def test_earlier_observations_teach_the_sampler_and_take_no_number() -> None:
    earlier = [
        Observation(number, {"focal_gamma": 1.0 + number / 20}, ObservedState.FINISHED, (1.0 - number,))
        for number in range(20)
    ]
    taught = Suggestions(TPE(startup_trials=5), space_of(space=GAMMA), seed=1, earlier=earlier)
    fresh = Suggestions(TPE(startup_trials=5), space_of(space=GAMMA), seed=1)
    assert len(taught) == 0
    suggestion = taught.suggest()
    assert suggestion.number == 0
    assert taught.trial(0).number == 0
    assert suggestion.parameters != fresh.suggest().parameters
    taught.close(0, ObservedState.FINISHED, scores=[0.1])
    observation = Observation(0, suggestion.parameters, ObservedState.FINISHED, (0.1,))
    again = Suggestions(
        TPE(startup_trials=5), space_of(space=GAMMA), seed=1, earlier=earlier, observations=[observation]
    )
    assert again.suggest() == taught.suggest()


@pytest.mark.parametrize(
    ("parameters", "inside"),
    [
        ({"focal_gamma": 1.0}, True),
        ({"focal_gamma": 3.0}, True),
        ({"focal_gamma": 3.1}, False),
        ({}, False),
        ({"focal_gamma": 1.0, "momentum": 0.5}, False),
        ({"focal_gamma": "much"}, False),
    ],
)
def test_parameters_lie_in_a_space(parameters: dict[str, Any], inside: bool) -> None:
    assert is_in_space(parameters, space_of(space=GAMMA)) is inside
