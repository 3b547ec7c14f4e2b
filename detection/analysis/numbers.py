"""Values of arrays as plain numbers, as they are written to JSON."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.metric_names import UNDEFINED

DIGITS = 5
"""The digits after the point that are written."""


def rounded(value: float | None) -> float | None:
    """Return a value with `DIGITS` digits after the point; None if there is none or it is not finite."""
    if value is None or not np.isfinite(value):
        return None
    return round(float(value), DIGITS)


def all_rounded(values: Iterable[float] | NDArray[np.floating]) -> tuple[float, ...]:
    """Return finite values with `DIGITS` digits after the point."""
    return tuple(round(float(value), DIGITS) for value in values)


def defined(value: float) -> float | None:
    """Return a metric; None where it is undefined because there is no object."""
    return None if value == UNDEFINED else rounded(value)


def mean_defined(values: NDArray[np.float64]) -> float | None:
    """Return the mean of the values that are defined; None where none is."""
    kept = values[values > UNDEFINED]
    return rounded(float(kept.mean())) if kept.size else None
