import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.budget.limits import Limits, check_limits
from sweepbox.tuning.spec.limits import CostSpec
from sweepbox.tuning.spec.resources import Resources
from sweepbox.tuning.spec.schema import Distribution, SweepSpec


def spec(**fields: object) -> SweepSpec:
    given = {"name": "a", "base_config": "b", "space": {"momentum": Distribution(uniform=[0.8, 0.9])}, **fields}
    return SweepSpec.model_validate(given)


@pytest.mark.parametrize(
    ("limits", "gpu_s", "reached"),
    [
        (Limits(8), 1e9, None),
        (Limits(8, gpu_hours=2), 7199, None),
        (Limits(8, gpu_hours=2), 7200, "limit of 2 GPU-hours"),
        (Limits(8, price=2.5, cost=10), 4 * 3600 - 1, None),
        (Limits(8, price=2.5, cost=10), 4 * 3600, "cost limit of 10"),
        (Limits(8, price=2.5), 1e9, None),
        (Limits(8, gpu_hours=100, price=2.5, cost=10), 5 * 3600, "cost limit of 10"),
        (Limits(8, gpu_hours=1, price=2.5, cost=1), 5 * 3600, "limit of 1 GPU-hours"),
        (Limits(8, gpu_hours=2), 0, None),
    ],
)
def test_a_limit_is_reached_by_what_is_spent(limits: Limits, gpu_s: float, reached: str | None) -> None:
    assert limits.reached_by(limits.amount(trials=3, trial_s=2 * gpu_s, gpu_s=gpu_s)) == reached


def test_an_amount_is_hours_and_money() -> None:
    amount = Limits(8, price=2.5).amount(trials=3, trial_s=7200, gpu_s=3600)
    assert (amount.trials, amount.trial_hours, amount.gpu_hours, amount.cost) == (3, 2.0, 1.0, 2.5)
    assert Limits(8).amount(trials=3, trial_s=7200, gpu_s=3600).cost is None


def test_limits_on_gpus_without_gpus_are_refused_together() -> None:
    given = spec(gpu_hours=2.0, cost=CostSpec(per_gpu_hour=1, limit=3))
    with pytest.raises(SweepError) as refused:
        check_limits(given)
    lines = str(refused.value).splitlines()
    assert [line.split(":")[0] for line in lines] == ["gpu_hours", "cost.limit"]
    assert all("resources_per_trial.gpu is 0" in line for line in lines)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"cost": CostSpec(per_gpu_hour=1)},
        {"gpu_hours": 2.0, "resources_per_trial": Resources(gpu=0.5)},
    ],
)
def test_limits_that_fit_pass(fields: dict[str, object]) -> None:
    check_limits(spec(**fields))
