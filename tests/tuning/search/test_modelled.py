"""What a sampler says it models is what Optuna's sampler draws together."""

import pytest

from sweepbox.tuning.search.samplers.modelled import drawn_at_random
from sweepbox.tuning.search.samplers.table import SAMPLERS, sampler_of
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import Augmentation, Distribution, SamplerSpec

from .sampler_contract import DISCRETE, SPACE, Sweep, space_of
from .test_samplers import every_sampler

HUE = "random_adjust_hue"
RANGES = ["learning_rate", "focal_gamma", "warmup_steps"]
LINES = {
    "cmaes": (
        f"optimizer, {HUE}, {HUE}.max_delta (cmaes models real and whole-number ranges that are always present)"
    ),
    "gp": f"{HUE}.max_delta (gp models parameters that are always present)",
    "nsga2": f"{HUE}.max_delta (nsga2 models parameters that are always present)",
    "qmc": f"{HUE}.max_delta (qmc models parameters that are always present)",
    "random": f"{', '.join(RANGES)}, optimizer, {HUE}, {HUE}.max_delta (random models no parameter)",
}


@every_sampler
def test_optuna_draws_together_what_is_modelled(name: str) -> None:
    sampler, space = sampler_of(SamplerSpec(type=name)), space_of(name)
    sweep = Sweep(sampler, space=space)
    sweep.run(12)
    study = sweep.suggestions._study
    relative = sweep.suggestions._build_sampler(sampler, 12).infer_relative_search_space(
        study, study.trials[-1]
    )
    assert relative.keys() == sampler.modelled(space)


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_line_names_what_is_drawn_at_random(name: str) -> None:
    line = f"drawn at random: {LINES[name]}" if name in LINES else None
    assert drawn_at_random(SamplerSpec(type=name), SPACE) == line


def test_parameters_with_one_value_are_not_named() -> None:
    space = Space(
        {
            "batch_size": Distribution(choice=[8]),
            "warmup_steps": Distribution(integer=[1, 4], step=9),
            "momentum": Distribution(uniform=[0.8, 0.9]),
        },
        {
            "always_on": Augmentation.model_validate({"enabled": True, "by": {"uniform": [0, 1]}}),
            "always_off": Augmentation.model_validate({"enabled": False, "by": {"uniform": [0, 1]}}),
        },
    )
    names = {parameter.name: parameter.always for parameter in space.parameters()}
    assert names == {"momentum": True, "always_on.by": True}
    assert drawn_at_random(SamplerSpec(type="qmc"), space) is None


@pytest.mark.parametrize("space", [SPACE, DISCRETE])
def test_a_space_declares_all_that_it_suggests(space: Space) -> None:
    suggested = Sweep(sampler_of(SamplerSpec(type="random")), space=space).run(24)
    declared = {parameter.name: parameter.always for parameter in space.parameters()}
    assert set().union(*suggested) == declared.keys()
    assert {name for name in declared if all(name in one for one in suggested)} == {
        name for name, always in declared.items() if always
    }
