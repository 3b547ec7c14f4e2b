"""The selection of the best checkpoint by one metric."""

import math
from collections.abc import Mapping

from sweepbox.detection.core.errors import TrainingError

MINIMISED_PREFIX = "loss/"


def metric_value(metrics: Mapping[str, float], metric: str, *, step: int) -> float:
    """Return the value of `metric`.

    Raises:
        TrainingError: The metric is not reported, or its value is not finite.
    """
    if metric not in metrics:
        raise TrainingError(f"metric {metric!r} is not reported; choose one of {', '.join(sorted(metrics))}")
    value = metrics[metric]
    if not math.isfinite(value):
        raise TrainingError(f"{metric} is {value} at step {step}; lower the learning rate or clip gradients")
    return value


def is_better(metric: str, value: float, best: float | None) -> bool:
    """Return whether `value` is better than the best so far (None: there is none); a tie keeps the earlier one.

    Losses (`loss/…`) are better when smaller, all other metrics when greater.
    """
    if best is None:
        return True
    return value < best if metric.startswith(MINIMISED_PREFIX) else value > best
