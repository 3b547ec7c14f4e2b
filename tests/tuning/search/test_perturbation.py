"""Perturbed parameters stay near their source and in the space."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweepbox.detection.config.edits import Edit
from sweepbox.tuning.search.perturbation import perturb
from sweepbox.tuning.search.replay import Replay
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import Augmentation, Distribution

BRIGHTNESS = "random_adjust_brightness"
SPACE = Space(
    {
        "learning_rate": Distribution(log_uniform=[1e-4, 1e-2]),
        "focal_gamma": Distribution(uniform=[1.0, 3.0]),
        "warmup_steps": Distribution(integer=[0, 1000], step=100),
        "focal_alpha": Distribution(choice=[0.2, 0.25, 0.5]),
        "momentum": Distribution(uniform=[0.5, 0.9], step=0.1),
    },
    {BRIGHTNESS: Augmentation(enabled=[True], max_delta=Distribution(uniform=[0.05, 0.3]))},
)
VALUES: dict[str, Any] = {
    "learning_rate": 1e-3,
    "focal_gamma": 2.0,
    "warmup_steps": 300,
    "focal_alpha": 0.25,
    "momentum": 0.7,
    f"{BRIGHTNESS}.max_delta": 0.2,
}


def seen(values: dict[str, Any], name: str, space: Space = SPACE) -> set[Any]:
    """The values of a parameter that come up often, those of redrawing left out."""
    told = (perturb(space, values, seed=seed).parameters[name] for seed in range(200))
    counts = Counter(round(value, 9) for value in told)
    return {value for value, count in counts.items() if count > 30}


@pytest.mark.parametrize(
    ("name", "value", "neighbours"),
    [
        ("learning_rate", 1e-3, {8e-4, 1.2e-3}),
        ("learning_rate", 1e-2, {8e-3, 1e-2}),
        ("learning_rate", 1e-4, {1e-4, 1.2e-4}),
        ("focal_gamma", 2.0, {1.6, 2.4}),
        ("warmup_steps", 300, {200, 400}),
        ("warmup_steps", 1000, {800, 1000}),
        ("warmup_steps", 0, {0, 100}),
        ("momentum", 0.7, {0.6, 0.8}),
        ("focal_alpha", 0.25, {0.2, 0.5}),
        ("focal_alpha", 0.2, {0.2, 0.25}),
        (f"{BRIGHTNESS}.max_delta", 0.2, {0.16, 0.24}),
    ],
)
def test_a_parameter_moves_to_a_neighbour(name: str, value: Any, neighbours: set[Any]) -> None:
    assert seen({**VALUES, name: value}, name) == neighbours


def test_a_quarter_is_drawn_anew() -> None:
    told = [perturb(SPACE, VALUES, seed=seed).parameters["learning_rate"] for seed in range(1000)]
    assert sum(value not in (8e-4, 1.2e-3) for value in told) == pytest.approx(250, abs=45)


@pytest.mark.parametrize("values", [{}, {"focal_gamma": 9.0, "focal_alpha": 7.0, "warmup_steps": -100}])
def test_what_is_missing_or_outside_is_drawn_anew(values: dict[str, Any]) -> None:
    for seed in range(50):
        told = perturb(SPACE, values, seed=seed).parameters
        assert 1.0 <= told["focal_gamma"] <= 3.0
        assert told["focal_alpha"] in (0.2, 0.25, 0.5)
        assert told["warmup_steps"] in range(0, 1001, 100)


@settings(deadline=None)
@given(seed=st.integers(0, 2**40), rounds=st.integers(1, 6))
def test_copies_of_copies_stay_in_the_space(seed: int, rounds: int) -> None:
    parameters: Any = VALUES
    for number in range(rounds):
        told = perturb(SPACE, parameters, seed=seed + number)
        assert told == perturb(SPACE, parameters, seed=seed + number)
        parameters = told.parameters
        assert parameters.keys() == VALUES.keys()
        replay = Replay(parameters)
        assert SPACE.suggest(replay) == told.edits
        for name, distribution in replay.distributions.items():
            assert distribution._contains(distribution.to_internal_repr(parameters[name]))


def test_the_edits_set_the_parameters() -> None:
    told = perturb(SPACE, VALUES, seed=1)
    assert Edit("learning_rate", told.parameters["learning_rate"]) in told.edits
    assert Edit(f"train_config.data_augmentation_options[{BRIGHTNESS}]", True) in told.edits


def test_what_the_requirements_refuse_is_perturbed_in_another_way() -> None:
    def is_feasible(edits: Sequence[Edit]) -> bool:
        return any(edit.path == "focal_gamma" and edit.value > 2.0 for edit in edits)

    told = {
        perturb(SPACE, VALUES, seed=seed, is_feasible=is_feasible).parameters["focal_gamma"]
        for seed in range(50)
    }
    assert 2.4 in told
    assert min(told) > 2.0


def test_parameters_stay_where_nothing_else_is_feasible() -> None:
    told = perturb(SPACE, VALUES, seed=1, is_feasible=lambda edits: False)
    assert told.parameters == VALUES
    assert told.edits == SPACE.suggest(Replay(VALUES))
