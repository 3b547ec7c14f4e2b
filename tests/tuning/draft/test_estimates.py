"""Lengths of a sweep by config, data and time budget."""

import pytest

from sweepbox.tuning.draft.estimates import MOST_TRIALS, plan_sweep
from sweepbox.tuning.draft.profile import DataProfile
from tests.tiny import tiny_config

DATA = DataProfile(800, 160, {"cat": 2000}, median_side=0.2, large_side=0.4)


def test_the_batch_is_at_most_a_quarter_of_the_images() -> None:
    few = DataProfile(10, 2, {"cat": 20}, median_side=0.2, large_side=0.4)
    config = tiny_config("batch_size=64")
    sizes = [
        plan_sweep(config, data, preset="finetune", budget_s=None, gpus=gpus, cpus=1).batch_size
        for data, gpus in [(DATA, 0), (DATA, 1), (few, 1)]
    ]
    assert sizes == [8, 32, 2]


@pytest.mark.parametrize(
    ("config_steps", "preset", "steps", "is_config_length"),
    [(50000, "finetune", 6000, False), (50000, "from_scratch", 20000, False), (900, "finetune", 900, True)],
)
def test_steps_are_epochs_at_most_those_of_the_config(
    config_steps: int, preset: str, steps: int, is_config_length: bool
) -> None:
    config = tiny_config("batch_size=8", f"num_steps={config_steps}")
    plan = plan_sweep(config, DATA, preset=preset, budget_s=None, gpus=0, cpus=1)
    assert (plan.steps, plan.is_config_length) == (steps, is_config_length)
    assert plan.evaluate_every == steps // 10


def test_a_budget_decides_the_number_of_trials() -> None:
    config = tiny_config("batch_size=8", "num_steps=6000")
    plans = [
        plan_sweep(config, DATA, preset="finetune", budget_s=budget, gpus=gpus, cpus=1)
        for budget, gpus in [(60, 1), (3600, 1), (3600, 4), (1e7, 1)]
    ]
    trials = [plan.trials for plan in plans]
    assert trials[0] == 8
    assert plans[0].shortened
    assert plans[0].steps < plans[1].steps == 6000
    assert 8 <= trials[1] <= trials[2] <= trials[3] == MOST_TRIALS
    assert plans[1].sweep_s <= 3600
