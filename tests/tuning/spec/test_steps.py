import pytest

from sweepbox.tuning.spec.schema import TrainingSpec
from sweepbox.tuning.spec.steps import evaluation_plan
from tests.tiny import tiny_config


@pytest.mark.parametrize(
    ("steps", "every", "recorded", "count", "first"),
    [
        (25, None, None, 10, 3),
        (25, None, 10, 10, 3),
        (25, None, 13, 13, 2),
        (19, None, 19, 19, 1),
        (20, None, 10, 10, 2),
        (7, None, 7, 7, 1),
        (25, None, 4, 10, 3),
        (25, 10, None, 3, 10),
        (25, 10, 13, 3, 10),
    ],
)
def test_a_trial_of_an_earlier_version_keeps_its_evaluations(
    steps: int, every: int | None, recorded: int | None, count: int, first: int
) -> None:
    training = TrainingSpec(evaluate_every=every)
    plan = evaluation_plan(tiny_config(f"num_steps={steps}"), training, recorded=recorded)
    assert (plan.count, plan.next_step(0)) == (count, first)
