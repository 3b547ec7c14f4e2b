"""The contract of samplers, for every one that a sweep file can name."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.search.observation import Observation, ObservedState
from sweepbox.tuning.search.samplers.sampler import Sampler
from sweepbox.tuning.search.samplers.table import AUTO, SAMPLERS, sampler_of, with_all_options
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.search.suggestions import Suggestions
from sweepbox.tuning.spec.schema import Distribution, SamplerSpec

from . import sampler_contract
from .sampler_contract import DISCRETE, Sweep, space_of

needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="needs PyTorch, the extra `gp`")
NAMES = [pytest.param(name, marks=[needs_torch] if name == "gp" else []) for name in SAMPLERS]
every_sampler = pytest.mark.parametrize("name", NAMES)


def sampler(name: str) -> Sampler:
    return sampler_of(SamplerSpec(type=name))


def sweep(name: str, **options: Any) -> Sweep:
    return Sweep(sampler(name), **{"space": space_of(name), **options})


@every_sampler
def test_the_same_seed_gives_the_same_suggestions_in_another_process(name: str) -> None:
    child = subprocess.run(
        [sys.executable, sampler_contract.__file__, name, "3"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert json.loads(child.stdout) == sweep(name, seed=3).run()


@every_sampler
def test_another_seed_gives_other_suggestions(name: str) -> None:
    assert sweep(name, seed=3).run() != sweep(name, seed=4).run()


@every_sampler
def test_a_restart_before_every_suggestion_changes_none(name: str) -> None:
    undisturbed = sweep(name)
    restarted = sweep(name, restarts=True)
    assert restarted.run() == undisturbed.run()
    assert restarted.observations == undisturbed.observations
    rebuilt = restarted.rebuilt()
    for number in range(len(rebuilt)):
        one, other = undisturbed.suggestions.trial(number), rebuilt.trial(number)
        assert (one.state, one.values, one.params) == (other.state, other.values, other.params)
        assert (one.distributions, one.system_attrs) == (other.distributions, other.system_attrs)


@every_sampler
def test_results_change_the_suggestions_where_the_sampler_says_so(name: str) -> None:
    high, low = (sweep(name).run(worth=worth) for worth in (1.0, -1.0))
    assert (high != low) == sampler(name).uses_results


@every_sampler
def test_the_parameters_of_an_augmentation_are_suggested_only_where_it_is_on(name: str) -> None:
    suggested = sweep(name).run()
    assert {parameters["random_adjust_hue"] for parameters in suggested} == {True, False}
    for parameters in suggested:
        assert ("random_adjust_hue.max_delta" in parameters) == parameters["random_adjust_hue"]


ENDS = st.integers(1, 1000)
RANGES = st.tuples(ENDS, ENDS).filter(lambda ends: ends[0] < ends[1]).map(list)
REAL_RANGES = RANGES.map(lambda ends: [end / 8 for end in ends])
CHOICES = st.lists(st.text(max_size=3), min_size=1, max_size=4, unique=True).map(
    lambda values: Distribution(choice=values)
)
DISTRIBUTIONS = st.one_of(
    st.builds(lambda ends: Distribution(log_uniform=ends), REAL_RANGES),
    st.builds(lambda ends: Distribution(uniform=ends), REAL_RANGES),
    st.builds(lambda ends, step: Distribution(integer=ends, step=step), RANGES, st.integers(1, 9)),
    st.builds(lambda ends: Distribution(log_integer=ends), RANGES),
    st.builds(lambda ends: Distribution(uniform=ends, step=0.125), REAL_RANGES),
    CHOICES,
)
FEW_STEPS = st.builds(
    lambda low, more, step: Distribution(integer=[low, low + more], step=step),
    ENDS,
    st.integers(1, 4),
    st.integers(1, 9),
)


@every_sampler
@given(data=st.data())
@settings(max_examples=10, deadline=None, derandomize=True)
def test_suggestions_are_within_ranges_steps_and_choices(name: str, data: st.DataObject) -> None:
    kinds = st.one_of(FEW_STEPS, CHOICES) if name == "grid" else DISTRIBUTIONS
    fields = data.draw(st.dictionaries(st.sampled_from("abcdef"), kinds, min_size=1, max_size=4))
    suggested = sweep(name, space=Space(fields, {})).run(12)
    for parameters in suggested:
        fixed = {field for field, distribution in fields.items() if len(distribution.choice or "ab") == 1}
        assert parameters.keys() == fields.keys() - fixed
        assert all(allows(fields[field], value) for field, value in parameters.items())


def allows(distribution: Distribution, value: Any) -> bool:
    if distribution.choice is not None:
        return value in distribution.choice
    if distribution.integer is not None:
        low, high = distribution.integer
        return isinstance(value, int) and low <= value <= high and (value - low) % (distribution.step or 1) == 0
    if distribution.log_integer is not None:
        low, high = distribution.log_integer
        return isinstance(value, int) and low <= value <= high
    low_end, high_end = distribution.log_uniform or distribution.uniform or (0, 0)
    stepped = distribution.step is None or (value - low_end) % distribution.step == 0
    return isinstance(value, float) and low_end <= value <= high_end and stepped


FOREIGN: dict[str, list[dict[str, Any]]] = {
    "continuous": [
        {},
        {"learning_rate": 1e-3},
        {"learning_rate": 1.0, "focal_gamma": 1.0, "warmup_steps": 10, "optimizer": "adam"},
        {"learning_rate": 1e-3, "focal_gamma": 1.0, "warmup_steps": 11, "optimizer": "adam"},
        {"learning_rate": 1e-3, "focal_gamma": 1.0, "warmup_steps": 10, "optimizer": "sgd"},
        {"learning_rate": "high", "focal_gamma": 1.0, "warmup_steps": 10, "optimizer": "adam"},
        {"learning_rate": 1e-3, "focal_gamma": 1.0, "warmup_steps": 10, "optimizer": "adam", "momentum": 0.9},
    ],
    "discrete": [
        {},
        {"batch_size": 4},
        {"batch_size": 5, "warmup_steps": 10},
        {"batch_size": 4, "warmup_steps": 11},
        {"batch_size": 4, "warmup_steps": "high"},
        {"batch_size": 4, "warmup_steps": 10, "momentum": 0.9},
    ],
}
"""Parameters that are not those of `SPACE` and of `DISCRETE`."""


@every_sampler
@pytest.mark.parametrize("index", range(7))
def test_an_observation_of_another_space_keeps_its_results_and_teaches_nothing(name: str, index: int) -> None:
    cases = FOREIGN["discrete" if space_of(name) is DISCRETE else "continuous"]
    parameters = cases[index % len(cases)]
    if parameters:
        parameters = {**parameters, "random_adjust_hue": False}
    foreign = Observation(0, parameters, ObservedState.FINISHED, scores=(0.5,), intermediate={1: 0.5})
    suggestions = Suggestions(sampler(name), space_of(name), seed=1, observations=[foreign])
    kept = suggestions.trial(0)
    assert (kept.state.name, kept.values, kept.params) == ("COMPLETE", [0.5], {})
    unknown = replace(foreign, parameters={}, state=ObservedState.FAILED, scores=(), intermediate={})
    without = Suggestions(sampler(name), space_of(name), seed=1, observations=[unknown])
    suggestion = suggestions.suggest()
    assert suggestion.number == 1
    assert suggestion == without.suggest()


@every_sampler
def test_trials_that_are_missing_count_as_failed(name: str) -> None:
    run = sweep(name)
    run.run(12)
    del run.observations[4:6]
    suggestions = run.rebuilt()
    assert [suggestions.trial(number).state.name for number in (4, 5)] == ["FAIL", "FAIL"]
    assert suggestions.suggest().number == 12


@every_sampler
def test_constraints_reach_optuna_when_a_trial_ends_and_when_it_is_rebuilt(name: str) -> None:
    run = sweep(name)
    run.suggest()
    violations = {"AP/rare": 0.1, "mAP": -0.2}
    run.suggestions.close(0, ObservedState.FINISHED, scores=(0.5,), constraints=violations)
    assert run.suggestions.trial(0).constraints == violations
    first = run.observations[0]
    ended = Observation(
        0,
        first.parameters,
        ObservedState.FINISHED,
        (0.5,),
        constraints=violations,
        attributes=first.attributes,
    )
    rebuilt = Suggestions(sampler(name), space_of(name), seed=0, observations=[ended])
    assert rebuilt.trial(0).constraints == violations
    assert rebuilt.suggest().parameters == run.suggestions.suggest().parameters


@every_sampler
def test_an_unknown_option_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(SweepError, match=r"^sampler\.nonsense: unknown key; "):
        sampler_of(SamplerSpec.model_validate({"type": name, "nonsense": 1}))


@every_sampler
def test_a_bad_value_of_any_option_is_refused_by_its_name(name: str) -> None:
    for option in with_all_options(SamplerSpec(type=name)).options:
        with pytest.raises(SweepError, match=rf"^sampler\.{option}[.:]"):
            sampler_of(SamplerSpec.model_validate({"type": name, option: {"no": "value"}}))


def test_an_unknown_sampler_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SweepError, match=r"^sampler.type: unknown sampler 'tpf'; did you mean 'tpe'\?$"):
        sampler_of(SamplerSpec(type="tpf"))
    known = ", ".join(sorted({*SAMPLERS, AUTO}))
    with pytest.raises(SweepError, match=f"unknown sampler 'x'; give one of {known}$"):
        sampler_of(SamplerSpec(type="x"))


def test_the_table_loads_no_optuna() -> None:
    code = "import sys, sweepbox.tuning.search.samplers.table; sys.exit('optuna' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
