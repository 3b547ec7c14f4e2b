"""A warm-up that is longer than the training, in the file itself."""

import pytest

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.load import parse_config
from sweepbox.detection.config.support.training import check_warmup

COSINE = "cosine_decay_learning_rate { learning_rate_base: 0.1 total_steps: 1000 warmup_steps: %d }"
EXPONENTIAL = "exponential_decay_learning_rate { burnin_steps: %d }"
MANUAL = "manual_step_learning_rate { warmup: true schedule { step: %d learning_rate: 0.1 } }"


def config_of(schedule: str, warmup: int, steps: int) -> pb.TrainEvalPipelineConfig:
    optimizer = f"momentum_optimizer {{ learning_rate {{ {schedule % warmup} }} }}"
    return parse_config(f"train_config {{ num_steps: {steps} optimizer {{ {optimizer} }} }}")


@pytest.mark.parametrize("schedule", [COSINE, EXPONENTIAL, MANUAL])
@pytest.mark.parametrize(("warmup", "steps"), [(100, 100), (101, 100), (999, 1), (500, 499)])
def test_a_warmup_that_outlasts_the_training_is_refused(schedule: str, warmup: int, steps: int) -> None:
    (problem,) = check_warmup(config_of(schedule, warmup, steps))
    assert f"= {warmup} is not below train_config.num_steps = {steps}: the training would end in" in problem


@pytest.mark.parametrize(
    ("schedule", "warmup", "steps"),
    [
        (COSINE, 99, 100),
        (COSINE, 0, 1),
        (EXPONENTIAL, 0, 1),
        (MANUAL, 99, 100),
        (MANUAL.replace("warmup: true", ""), 200, 100),
        (EXPONENTIAL, 5, 0),
        ("constant_learning_rate { learning_rate: 0.%d }", 1, 1),
    ],
)
def test_other_warmups_pass(schedule: str, warmup: int, steps: int) -> None:
    assert not list(check_warmup(config_of(schedule, warmup, steps)))
