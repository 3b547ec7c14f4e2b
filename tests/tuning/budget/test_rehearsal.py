"""The forecast of a sweep from a warm-up, worked out by hand."""

from typing import Any

import pytest

from sweepbox.tuning.budget.rehearsal import WarmUp, forecast_sweep
from sweepbox.tuning.spec.schema import SweepSpec

PROGRAM = WarmUp(
    compile_s=30,
    step_s=0.5,
    evaluation_s=9,
    is_whole_evaluation=True,
    checkpoint_s=1,
    weights_bytes=10,
    state_bytes=30,
)
TRIAL_S = 100 * 0.5 + 5 * 10


def spec(**fields: Any) -> SweepSpec:
    given = {
        "name": "a",
        "base_config": "b",
        "space": {"momentum": {"uniform": [0.8, 0.9]}},
        "scheduler": {"type": "none"},
        "trials": 6,
        "keep_checkpoints": 2,
        **fields,
    }
    return SweepSpec.model_validate(given)


def forecast(
    programs: int = 1, *, num_workers: int = 2, time_budget_s: float | None = None, **fields: Any
) -> Any:
    return forecast_sweep(
        spec(**fields),
        [PROGRAM] * programs,
        num_workers=num_workers,
        steps=100,
        evaluations=5,
        time_budget_s=time_budget_s,
    )


def test_trials_in_full_take_turns() -> None:
    found = forecast()
    assert found.trial_s == TRIAL_S
    assert found.wall_s == found.full_wall_s == pytest.approx(3 * TRIAL_S + 30)
    assert found.amount.trial_hours == pytest.approx((6 * TRIAL_S + 2 * 30) / 3600)
    assert found.disk_bytes == 2 * 10 + 2 * (30 + 10)
    assert found.ends_by is None


@pytest.mark.parametrize(
    ("programs", "num_workers", "compilations"),
    [(1, 2, 1), (3, 2, 3), (3, 3, 2), (3, 6, 1), (1, 100, 1)],
)
def test_a_worker_compiles_each_program_once(programs: int, num_workers: int, compilations: int) -> None:
    found = forecast(programs, num_workers=num_workers)
    rounds = -(-6 // min(num_workers, 6))
    assert found.wall_s == pytest.approx(rounds * TRIAL_S + compilations * 30)


@pytest.mark.parametrize("rule", ["asha", "curves", "hyperband", "median", "top_k"])
def test_a_stopping_rule_shortens_the_sweep(rule: str) -> None:
    found = forecast(scheduler={"type": rule}, trials=16)
    assert 0 < found.amount.trial_hours <= forecast(trials=16).amount.trial_hours
    assert found.wall_s <= found.full_wall_s
    assert found == forecast(scheduler={"type": rule}, trials=16)


@pytest.mark.parametrize(
    ("fields", "budget_s", "ends_by"),
    [
        ({}, 400, None),
        ({}, 300, "time budget"),
        ({"gpu_hours": 0.05}, None, "limit of 0.05 GPU-hours"),
        ({"cost": {"per_gpu_hour": 10, "limit": 5}}, None, None),
        ({"cost": {"per_gpu_hour": 10, "limit": 0.5}}, 300, "cost limit of 0.5"),
    ],
)
def test_the_limit_that_ends_the_sweep_is_named(
    fields: dict[str, Any], budget_s: float | None, ends_by: str | None
) -> None:
    found = forecast(time_budget_s=budget_s, resources_per_trial={"cpu": 1, "gpu": 0.5}, **fields)
    assert found.ends_by == ends_by
    assert found.amount.gpu_hours == pytest.approx(found.amount.trial_hours / 2)


def test_programs_are_averaged() -> None:
    slow = WarmUp(50, 1.5, 19, is_whole_evaluation=False, checkpoint_s=3, weights_bytes=20, state_bytes=60)
    mean = WarmUp.mean([PROGRAM, slow])
    assert mean == WarmUp(
        40, 1.0, 14, is_whole_evaluation=False, checkpoint_s=2, weights_bytes=20, state_bytes=60
    )


@pytest.mark.parametrize(
    ("rule", "top", "trainings"),
    [
        ("none", 2, 3 * 2 - 1),
        ("none", 50, 7 * 2 - 1),
        ("pbt", 50, 51 * 2 - 1),  # copies of its six trials can be finalists, too
    ],
)
def test_the_trainings_that_confirm_the_winner_run_in_full(rule: str, top: int, trainings: int) -> None:
    scheduler = {"type": rule}
    found = forecast(confirm={"top": top, "seeds": 2}, scheduler=scheduler)
    alone = forecast(scheduler=scheduler)
    assert found.wall_s - alone.wall_s == pytest.approx(-(-trainings // 2) * TRIAL_S)
    assert (found.amount.trial_hours - alone.amount.trial_hours) * 3600 == pytest.approx(trainings * TRIAL_S)
    assert found.disk_bytes - alone.disk_bytes == trainings * 10
    assert found.amount.trials == 6
