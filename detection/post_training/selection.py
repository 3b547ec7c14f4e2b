"""The choice of a setting by cross-validation: the present one stays unless another gains beyond noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

FloatArray = NDArray[np.float64]

LEAST_GAIN = 0.001
"""A smaller gain changes nothing."""

CONFIDENCE = 0.9


@dataclass(frozen=True)
class Choice:
    """A chosen setting.

    Attributes:
        index: The row of the chosen setting.
        best: The row with the highest mean over the folds.
        gain: The mean gain over the present setting in folds that took no part in the choice; 0 where no
            setting was ever chosen.
        gain_error: The standard error of `gain` over the folds.
    """

    index: int
    best: int
    gain: float
    gain_error: float


def choose(values: FloatArray, allowed: NDArray[np.bool_] | None = None) -> Choice:
    """Choose a setting from its values in the folds of a cross-validation.

    The rule of one standard error (Breiman et al. 1984, section 3.4.3): of all settings whose mean is less than
    one standard error below the best mean, the simplest is chosen. The standard error is that of the paired
    differences to the best setting over the folds. The rule is then tried itself: it chooses by all folds but
    one, and its gain is measured in the fold left out. The present setting stays unless the mean of these
    gains is at least `LEAST_GAIN`, and above 0 with a confidence of 90 % (Student's t, one-sided).

    Args:
        values: The value of each setting in each fold, `[settings, folds]`, more is better; at least two folds.
            Row 0 is the present setting, and the rows are ordered from the simplest.
        allowed: bool `[settings]`, the settings that may be chosen; all by default.
    """
    may = np.ones(len(values), np.bool_) if allowed is None else allowed.copy()
    may[0] = True
    folds = values.shape[1]
    chosen, best = _one_standard_error(values, may)
    gains = np.array([_gain_without(values, may, fold) for fold in range(folds)])
    gain, error = float(gains.mean()), standard_error(gains)
    is_beyond_noise = gain >= LEAST_GAIN and gain > float(stdtrit(folds - 1, CONFIDENCE)) * error
    return Choice(chosen if is_beyond_noise else 0, best, gain, error)


def standard_error(differences: FloatArray) -> float:
    """Return the standard error of the mean of `[folds]`; 0 for fewer than two."""
    count = len(differences)
    return float(np.std(differences, ddof=1) / np.sqrt(count)) if count > 1 else 0.0


def _gain_without(values: FloatArray, allowed: NDArray[np.bool_], fold: int) -> float:
    """Return the gain in a fold of the setting that is chosen by the other folds."""
    chosen, _ = _one_standard_error(np.delete(values, fold, axis=1), allowed)
    return float(values[chosen, fold] - values[0, fold])


def _one_standard_error(values: FloatArray, allowed: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the chosen and the best row."""
    means = np.where(allowed, values.mean(axis=1), -np.inf)
    best = int(np.argmax(means))
    for row in np.flatnonzero(allowed).tolist():
        differences = values[best] - values[row]
        if differences.mean() <= standard_error(differences):
            return row, best
    return best, best
