"""Extrapolates learning curves to their full length, with uncertainty.

A curve is modelled as `score(t) = final - growth * shape(t)` with noise, where `shape` falls from 1 at the
first evaluation to 0 at the last: a power law, an exponential or a logarithm, which are among the families that
describe learning curves well (Domhan et al. 2015, IJCAI). For each shape of a fixed grid the posterior of
`final` and `growth` is that of Bayesian linear regression with a normal-inverse-gamma prior (Bishop 2006,
section 3.3), so nothing is iterated; the shapes are averaged by their evidence. The growth expected of a curve
with few evaluations is that of the curves which are complete.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

POWERS = (0.25, 0.5, 1.0, 2.0)
RATES = (1.0, 3.0, 10.0, 30.0)
"""Exponents of the power laws, and rates of the exponentials over the full length."""

NOISE = 0.04
"""The noise of a score that is expected before any is known, as a share of the range of all scores."""
NOISE_WEIGHT = 4.0
"""How many evaluations this expectation counts for."""
GROWTH, GROWTH_SPREAD = 0.4, 0.4
"""Mean and standard deviation of the growth where no curve is complete, as shares of that range."""
GROWTH_WEIGHT = 2.0
"""How many complete curves this expectation counts for."""
WIDE = 3.0
"""Standard deviation of the final score before a curve has begun, in that range."""


@dataclass(frozen=True)
class Forecast:
    """What a curve comes to at its full length: mean and standard deviation of its final score."""

    mean: float
    sd: float


def extrapolate(curves: Mapping[str, Mapping[int, float]], *, length: int) -> dict[str, Forecast]:
    """Return the forecast of each curve at its last evaluation.

    Args:
        curves: The scores of each curve by evaluation, from 1; at least one each, all finite.
        length: The evaluations of a full curve. A curve that has this many is known: its `sd` is 0.
    """
    if not curves:
        return {}
    scores, made = _as_arrays([*curves.values()], length)
    reported = scores[made]
    low, scale = float(reported.min()), float(np.ptp(reported)) or 1.0
    means, sds = _posterior((scores - low) / scale, made, _shapes(length))
    return {
        name: Forecast(curve[length], 0.0)
        if length in curve
        else Forecast(low + scale * float(mean), scale * float(sd))
        for (name, curve), mean, sd in zip(curves.items(), means, sds, strict=True)
    }


def _as_arrays(curves: Sequence[Mapping[int, float]], length: int) -> tuple[Array, NDArray[np.bool_]]:
    """Return scores `[curves, length]`, 0 where there is none, and where there is one."""
    scores = np.zeros((len(curves), length))
    made = np.zeros((len(curves), length), dtype=bool)
    for row, curve in enumerate(curves):
        at = np.fromiter(curve, dtype=int) - 1
        scores[row, at] = [*curve.values()]
        made[row, at] = True
    return scores, made


def _shapes(length: int) -> Array:
    """Return the shapes `[shapes, length]`, each 1 at the first evaluation and 0 at the last."""
    time = np.arange(1, length + 1) / length
    falling = [time**-power for power in POWERS] + [np.exp(-rate * time) for rate in RATES] + [-np.log(time)]
    shapes = np.stack(falling) - np.stack(falling)[:, -1:]
    return np.asarray(shapes / np.maximum(shapes[:, :1], np.finfo(float).tiny))


def _posterior(scores: Array, made: NDArray[np.bool_], shapes: Array) -> tuple[Array, Array]:
    """Return mean and standard deviation of each curve's final score, of scores between 0 and 1."""
    growth, spread = _expected_growth(scores, made)
    prior_precision = np.diag([WIDE**-2, spread**-2]) * NOISE**2
    prior_mean = np.array([0.5, growth])
    count = made.sum(axis=1).astype(float)

    # Sums over the evaluations of each curve, [curves] or [curves, shapes]; the regressors are 1 and -shape.
    y, yy = (scores * made).sum(axis=1), (scores**2 * made).sum(axis=1)
    x, xx, xy = -(made @ shapes.T), made @ (shapes**2).T, -((scores * made) @ shapes.T)

    information = prior_precision @ prior_mean
    p00, p01 = count[:, None] + prior_precision[0, 0], x
    p11 = xx + prior_precision[1, 1]
    b0, b1 = y[:, None] + information[0], xy + information[1]
    determinant = p00 * p11 - p01**2
    final = (p11 * b0 - p01 * b1) / determinant
    slope = (p00 * b1 - p01 * b0) / determinant

    freedom = NOISE_WEIGHT + count[:, None]
    residual = yy[:, None] + prior_mean @ information - (final * b0 + slope * b1)
    variance = (NOISE_WEIGHT * NOISE**2 + np.maximum(residual, 0.0)) / freedom
    evidence = -0.5 * np.log(determinant) - 0.5 * freedom * np.log(variance)
    weights = np.exp(evidence - evidence.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)

    # The variance of Student's distribution, for the final score as it is measured: with noise.
    within = variance * (p11 / determinant + 1.0) * freedom / (freedom - 2.0)
    mean = (weights * final).sum(axis=1)
    between = (weights * (final - mean[:, None]) ** 2).sum(axis=1)
    return mean, np.sqrt((weights * within).sum(axis=1) + between)


def _expected_growth(scores: Array, made: NDArray[np.bool_]) -> tuple[float, float]:
    """Return mean and standard deviation of the growth from the first evaluation to the last."""
    complete = made[:, 0] & made[:, -1]
    seen = scores[complete, -1] - scores[complete, 0]
    weight = GROWTH_WEIGHT + len(seen)
    mean = (GROWTH_WEIGHT * GROWTH + seen.sum()) / weight
    squares = GROWTH_WEIGHT * (GROWTH_SPREAD**2 + (GROWTH - mean) ** 2) + ((seen - mean) ** 2).sum()
    return float(mean), float(np.sqrt(squares / weight))
