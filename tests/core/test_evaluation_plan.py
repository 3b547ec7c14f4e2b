import pytest

from sweepbox.detection.core.evaluation_plan import EvaluationPlan


def steps_of(plan: EvaluationPlan) -> list[int]:
    """Return the steps of all evaluations as a training meets them."""
    steps, step = [], 0
    while step < plan.total_steps:
        step = plan.next_step(step)
        steps.append(step)
    return steps


@pytest.mark.parametrize(
    ("total", "every", "steps"),
    [
        (1, None, [1]),
        (3, None, [1, 2, 3]),
        (9, None, list(range(1, 10))),
        (10, None, list(range(1, 11))),
        (11, None, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        (20, None, list(range(2, 21, 2))),
        (25, None, [3, 5, 8, 10, 13, 15, 18, 20, 23, 25]),
        (600, None, list(range(60, 601, 60))),
        (25, 10, [10, 20, 25]),
        (25, 25, [25]),
        (25, 100, [25]),
        (4, 1, [1, 2, 3, 4]),
    ],
)
def test_steps_by_hand(total: int, every: int | None, steps: list[int]) -> None:
    assert steps_of(EvaluationPlan(total, every)) == steps


@pytest.mark.parametrize("total", [*range(10, 130), 255, 600, 601, 999, 1001, 25_000, 4_294_967_295])
def test_ten_evaluations_are_made_at_equal_distances(total: int) -> None:
    steps = steps_of(EvaluationPlan(total))
    assert len(steps) == 10
    distances = {after - before for before, after in zip([0, *steps], steps, strict=False)}
    assert max(distances) - min(distances) <= 1


@pytest.mark.parametrize("every", [None, 1, 2, 3, 7, 10, 100])
@pytest.mark.parametrize("total", [1, 2, 9, 10, 11, 25, 100, 101])
def test_numbers_and_steps_agree(total: int, every: int | None) -> None:
    plan = EvaluationPlan(total, every)
    steps = steps_of(plan)
    assert len(steps) == plan.count
    for number, step in enumerate(steps, start=1):
        assert plan.step_of(number) == step
        assert plan.number_at(step) == number
