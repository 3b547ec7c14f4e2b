"""Checks that the numbers of a training are finite; where they are not, the training cannot go on."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.errors import TrainingError

LARGEST_FLOAT32 = float(np.finfo(np.float32).max)
REMEDY = "lower the learning rate, lengthen the warm-up or set train_config.gradient_clipping_by_norm"


def check_rate(rate: float, *, step: int) -> float:
    """Return the learning rate of the step after `step` finished ones.

    Raises:
        TrainingError: A 32-bit number cannot hold it.
    """
    if not abs(rate) <= LARGEST_FLOAT32:
        raise TrainingError(
            f"the learning rate is {rate:g} at step {step + 1}, more than a 32-bit number can hold; "
            "correct the schedule"
        )
    return rate


def check_losses(losses: Mapping[str, NDArray[np.float32]], *, step: int) -> None:
    """Check the losses of an evaluation after `step` finished steps.

    Raises:
        TrainingError: A loss is not finite, so that the weights are not, or nearly.
    """
    for name, values in losses.items():
        if not np.isfinite(values).all():
            raise TrainingError(f"loss/{name} is not finite in the evaluation after step {step}; {REMEDY}")


def check_metrics(metrics: Mapping[str, float], *, step: int) -> None:
    """Check the metrics of an evaluation after `step` finished steps.

    Raises:
        TrainingError: A metric is not finite.
    """
    for name, value in metrics.items():
        if not math.isfinite(value):
            raise TrainingError(f"{name} is {value} in the evaluation after step {step}; {REMEDY}")
