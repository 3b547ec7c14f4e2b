from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.training.schedules import Schedule, learning_rate_schedule

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "lr_schedules.npz")


def _schedule(text: str) -> Schedule:
    return learning_rate_schedule(text_format.Parse(text, pb.LearningRate()))


@pytest.mark.parametrize("case", range(len(GOLDEN["configs"])))
def test_rates_equal_the_golden(case: int) -> None:
    schedule = _schedule(str(GOLDEN["configs"][case]))
    rates = [schedule(int(step)) for step in GOLDEN[f"steps_{case}"]]
    np.testing.assert_allclose(rates, GOLDEN[f"values_{case}"], rtol=2e-6, atol=1e-9)


def test_warmup_over_the_whole_run_ends_at_the_base_rate() -> None:
    schedule = _schedule(
        "cosine_decay_learning_rate "
        "{ learning_rate_base: 1 warmup_learning_rate: 0 total_steps: 4 warmup_steps: 4 }"
    )
    assert [schedule(step) for step in range(6)] == [0.0, 0.25, 0.5, 0.75, 1.0, 0.0]


def test_burn_in_without_a_rate_uses_the_initial_rate() -> None:
    schedule = _schedule(
        "exponential_decay_learning_rate "
        "{ initial_learning_rate: 0.5 burnin_steps: 3 decay_steps: 2 decay_factor: 0.5 }"
    )
    assert [schedule(step) for step in range(8)] == [0.5] * 5 + [0.25, 0.25, 0.125]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no schedule"),
        ("cosine_decay_learning_rate { total_steps: 10 warmup_steps: 11 }", "total_steps 10 is below"),
        ("cosine_decay_learning_rate { learning_rate_base: 0.0001 }", "below warmup_learning_rate"),
        ("exponential_decay_learning_rate { decay_steps: 0 }", "decay_steps is 0"),
        ("exponential_decay_learning_rate { decay_factor: -0.5 }", "decay_factor is -0.5; set it"),
        ("manual_step_learning_rate { schedule { step: 5 } schedule { step: 4 } }", "must increase"),
    ],
)
def test_contradicting_fields_are_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        _schedule(text)
