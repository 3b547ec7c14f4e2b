from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.resume import resume_sweep
from sweepbox.tuning.sweep.sampler_choice import expected_workers, fix_sampler

Write = Callable[..., Path]
DISCRETE = {"batch_size": {"choice": [1, 2]}, "warmup_steps": {"integer": [0, 2]}}


def spec(**given: Any) -> SweepSpec:
    return SweepSpec.model_validate({"name": "a", "base_config": "b", "space": DISCRETE, **given})


def test_a_grid_gets_no_more_trials_than_points() -> None:
    fixed, lines = fix_sampler(spec(sampler={"type": "grid"}, trials=16))
    assert (fixed.trials, lines) == (6, ("trials: 6 instead of 16, since the grid has 6 points",))
    assert fix_sampler(spec(sampler={"type": "grid"}, trials=5)) == (
        spec(sampler={"type": "grid"}, trials=5),
        (),
    )


def test_a_sampler_that_cannot_search_the_space_is_refused() -> None:
    space = {"momentum": {"uniform": [0.8, 0.9]}, "learning_rate": {"log_uniform": [0.1, 0.2]}}
    with pytest.raises(SweepError) as refused:
        fix_sampler(spec(sampler={"type": "grid"}, space=space))
    keys = [line.split(":")[0] for line in str(refused.value).splitlines()]
    assert keys == ["space.momentum", "space.learning_rate"]


@pytest.mark.parametrize(
    ("given", "workers"),
    [
        ({"max_concurrent": 3}, 3),
        ({"resources_per_trial": {"gpu": 0.25}}, 4),
        ({"resources_per_trial": {"gpu": 1}}, 1),
        ({"resources_per_trial": {"cpu": 10_000}}, 1),
    ],
)
def test_workers_are_expected_from_the_resources(given: dict[str, Any], workers: int) -> None:
    assert expected_workers(spec(**given)) == workers


def test_options_of_auto_are_refused() -> None:
    with pytest.raises(SweepError, match=r"sampler\.startup_trials: unknown key"):
        fix_sampler(spec(sampler={"type": "auto", "startup_trials": 4}))


def test_the_choice_of_auto_is_fixed_when_the_sweep_is_created(write_spec: Write, tmp_path: Path) -> None:
    file = write_spec(sampler={"type": "auto"}, max_concurrent=2)
    request = SweepRequest(file, out=tmp_path / "run", trials=3)
    lines: list[str] = []
    folder = create_sweep(request, notify=lines.append)
    assert lines == ["sampler: auto chose qmc: 3 trials on 2 workers leave little to learn from"]
    assert load_spec(folder.spec).sampler.type == "qmc"
    more = SweepRequest(file, out=folder.path, trials=200)
    assert load_spec(resume_sweep(more).spec).sampler.type == "qmc"
    with pytest.raises(SweepError, match=r"asks for another search than .*\(sampler\)"):
        resume_sweep(SweepRequest(write_spec(sampler={"type": "tpe"}), out=folder.path))


def test_a_resumed_grid_gets_no_more_trials_than_points(write_spec: Write, tmp_path: Path) -> None:
    file = write_spec(
        sampler={"type": "grid"}, space={"warmup_steps": {"integer": [0, 2]}}, augmentations={}, trials=2
    )
    folder = create_sweep(SweepRequest(file, out=tmp_path / "run"))
    assert load_spec(folder.spec).trials == 2
    assert load_spec(resume_sweep(SweepRequest(file, out=folder.path, trials=8)).spec).trials == 3


def test_several_objectives_decide_too() -> None:
    space = {name: {"uniform": [0.1, 0.9]} for name in ("momentum", "focal_alpha")}
    several = {
        "space": space,
        "objective": {"metric": ["mAP", "loss/total"]},
        "trials": 200,
        "max_concurrent": 1,
    }
    fixed, lines = fix_sampler(spec(sampler={"type": "auto"}, **several))
    assert fixed.sampler.type == "nsga2"
    assert lines == ("sampler: auto chose nsga2: 2 objectives and at least 100 trials",)
    with pytest.raises(SweepError, match=r"^sampler\.type: cmaes takes one objective; use nsga2 or tpe$"):
        fix_sampler(spec(sampler={"type": "cmaes"}, **several))
    one = {**several, "objective": {"metric": "mAP"}}
    assert fix_sampler(spec(sampler={"type": "auto"}, **one))[0].sampler.type == "cmaes"
