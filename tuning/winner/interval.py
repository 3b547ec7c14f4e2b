"""Confidence intervals from bootstrap resamples, and the smallest difference that could have been shown.

The interval is estimate ± t · standard error. The standard error is that of the bootstrap, corrected for few
images. t is Student's with the degrees of freedom of Satterthwaite (1946, Biometrics Bulletin 2: 110–114): few
images of a rare class and few seeds estimate their own spread poorly. Percentile intervals of so few images are
too short (Hesterberg 2015, The American Statistician 69: 371–386), and those of two or three seeds cannot be
wider than the seeds are apart.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.9
"""The confidence level of all intervals."""
POWER = 0.8
"""The probability with which a difference of the smallest size that can be shown is shown."""


@dataclass(frozen=True)
class Interval:
    """A confidence interval from `low` to `high`, both in the unit of the metric, of confidence `level`."""

    low: float
    high: float
    level: float = LEVEL

    def __contains__(self, value: float) -> bool:
        """Return whether a value is in the interval; its ends are."""
        return self.low <= value <= self.high

    @property
    def half_width(self) -> float:
        """Half the distance between the ends."""
        return (self.high - self.low) / 2


@dataclass(frozen=True)
class Uncertainty:
    """How well an estimate is known.

    Attributes:
        standard_error: The standard error of the estimate.
        degrees: The degrees of freedom of the standard error, at least 1.
    """

    standard_error: float
    degrees: float

    def interval(self, value: float, *, level: float = LEVEL) -> Interval:
        """Return the confidence interval of an estimate."""
        half_width = _quantile((1 + level) / 2, self.degrees) * self.standard_error
        return Interval(value - half_width, value + half_width, level)

    def smallest_difference(self, *, level: float = LEVEL, power: float = POWER) -> float:
        """Return the smallest true difference that the data could have shown.

        If the true difference has this size, the interval of confidence `level` excludes 0 with probability
        `power`: (t of level + t of power) · standard error (Bloom 1995, Evaluation Review 19: 547–556). With
        many images that is 1.51 times the half width of the 90 % interval.
        """
        return (_quantile((1 + level) / 2, self.degrees) + _quantile(power, self.degrees)) * self.standard_error


def uncertainty(
    samples: NDArray[np.float64],
    *,
    images: float,
    seed_variances: Sequence[tuple[float, int]] = (),
    fold_variances: Sequence[tuple[float, int]] = (),
) -> Uncertainty:
    """Return the uncertainty of an estimate from its bootstrap samples.

    Args:
        samples: `[resamples]`, the estimate in each resample; NaN where it is undefined.
        images: The effective number of images, at least 2.
        seed_variances: For each independent group of training seeds the variance of the mean over seeds, which
            is part of the variance of the samples, and its degrees of freedom.
        fold_variances: For each independent group of cross-validations the variance that trainings add to that
            of the samples, and its degrees of freedom.
    """
    defined = samples[~np.isnan(samples)]
    total = float(np.var(defined, ddof=1)) if len(defined) > 1 else 0.0
    of_seeds = sum(variance for variance, _ in seed_variances)
    of_images = max(total - of_seeds, 0.0) * images / (images - 1)
    variance = of_images + of_seeds + sum(added for added, _ in fold_variances)
    if variance == 0:
        return Uncertainty(0.0, max(images - 1, 1.0))
    shares = [(of_images, images - 1), *seed_variances, *fold_variances]
    degrees = variance**2 / sum(part**2 / freedom for part, freedom in shares)
    return Uncertainty(math.sqrt(variance), max(degrees, 1.0))


def _quantile(probability: float, degrees: float) -> float:
    """Return a quantile of Student's t distribution."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, probability))
