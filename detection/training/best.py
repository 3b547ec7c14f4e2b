"""The choice of the best checkpoint by one metric."""

import math
from collections.abc import Mapping

from sweepbox.detection.core.errors import TrainingError

MINIMISED_PREFIX = "loss/"


def metric_value(metrics: Mapping[str, float], metric: str, *, step: int) -> float:
    """Return the value of `metric`; TrainingError where it was not reported or is not finite."""
    if metric not in metrics:
        raise TrainingError(f"metric {metric!r} is not reported; choose one of {', '.join(sorted(metrics))}")
    value = metrics[metric]
    if not math.isfinite(value):
        raise TrainingError(f"{metric} is {value} at step {step}; lower the learning rate or clip gradients")
    return value


def is_better(metric: str, value: float, best: float | None) -> bool:
    """Return whether `value` beats the best so far; equal values do not, so that ties keep the earlier.

    Losses (`loss/…`) are better when smaller, all other metrics when greater.
    """
    if best is None:
        return True
    return value < best if metric.startswith(MINIMISED_PREFIX) else value > best
