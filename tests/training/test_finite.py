import math

import numpy as np
import pytest

from sweepbox.detection.core.errors import TrainingError
from sweepbox.detection.training.finite import check_losses, check_metrics, check_rate

NOT_FINITE = [math.nan, math.inf, -math.inf]


@pytest.mark.parametrize("rate", [*NOT_FINITE, 3.5e38, -3.5e38, 1e300])
def test_a_learning_rate_beyond_a_32_bit_number_is_refused_with_its_step(rate: float) -> None:
    with pytest.raises(TrainingError, match=r"learning rate is .* at step 4, .*; correct the schedule"):
        check_rate(rate, step=3)


@pytest.mark.parametrize("rate", [0.0, 1e-45, 0.004, 1e30, 3.4e38])
def test_any_other_learning_rate_is_taken(rate: float) -> None:
    assert check_rate(rate, step=3) == rate


@pytest.mark.parametrize("name", ["total", "localization"])
@pytest.mark.parametrize("value", NOT_FINITE)
def test_a_loss_that_is_not_finite_names_the_step(name: str, value: float) -> None:
    losses = {"total": np.array([1.0], np.float32), name: np.array([2.0, value], np.float32)}
    with pytest.raises(TrainingError, match=f"loss/{name} is not finite in the evaluation after step 3; lower"):
        check_losses(losses, step=3)


@pytest.mark.parametrize("name", ["mAP", "AP/face mask", "loss/total"])
@pytest.mark.parametrize("value", NOT_FINITE)
def test_a_metric_that_is_not_finite_names_the_step(name: str, value: float) -> None:
    with pytest.raises(TrainingError, match=f"{name} is {value} in the evaluation after step 3; lower"):
        check_metrics({"mAP@.50": -1.0, name: value}, step=3)
