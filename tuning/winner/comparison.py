"""The difference of two candidates on the same images, and what it says."""

from dataclasses import dataclass

import numpy as np

from sweepbox.detection.core.errors import UsageError
from sweepbox.tuning.objective.goal import Mode
from sweepbox.tuning.winner.interval import LEVEL, Interval, Uncertainty, uncertainty
from sweepbox.tuning.winner.score import BootstrappedScore


@dataclass(frozen=True)
class Comparison:
    """A paired comparison of two candidates.

    Attributes:
        first: The name of a candidate.
        second: The name of the other.
        difference: How much better the first is: its value minus the second's, or the reverse of a goal that is
            minimised.
        interval: The confidence interval of the difference.
        smallest_difference: The smallest true difference that the data would have shown with a probability of
            80 %; see `Uncertainty.smallest_difference`.
        images: The number of images.
        seeds: The number of seeds of the candidate that has fewer.
    """

    first: str
    second: str
    difference: float
    interval: Interval
    smallest_difference: float
    images: int
    seeds: int

    @property
    def is_tie(self) -> bool:
        """Whether the interval contains 0: neither candidate is shown to be better."""
        return 0.0 in self.interval


def compare(first: BootstrappedScore, second: BootstrappedScore, *, level: float = LEVEL) -> Comparison:
    """Compare two candidates in the same resamples.

    Both sides have the same images in every resample, and the same seeds if they were trained with the same, so
    what is easy or difficult for both cancels out.

    Args:
        first: The score of a candidate.
        second: The score of the other, of the same goal and with the same resamples.
        level: The confidence level.

    Raises:
        UsageError: The scores are of different goals or resamples.
    """
    if first.resamples is not second.resamples:
        raise UsageError(
            f"candidates {first.candidate} and {second.candidate} have different resamples; "
            "compute both scores with the same"
        )
    sign = -1.0 if first.goal.mode is Mode.MIN else 1.0
    difference = sign * (first.value - second.value)
    spread = difference_uncertainty(first, second)
    return Comparison(
        first.candidate,
        second.candidate,
        difference,
        spread.interval(difference, level=level),
        spread.smallest_difference(level=level),
        len(first.resamples.image_names),
        min(len(first.by_seed), len(second.by_seed)),
    )


def difference_uncertainty(first: BootstrappedScore, second: BootstrappedScore) -> Uncertainty:
    """Return the uncertainty of the difference of two scores, resample by resample.

    The scores are of two candidates on the same images, or of one candidate on different images.

    Raises:
        UsageError: The scores are of different goals, or of different numbers of resamples.
    """
    if first.goal != second.goal:
        raise UsageError(f"{first.goal.label!r} cannot be compared with {second.goal.label!r}; use one goal")
    if len(first.samples) != len(second.samples):
        raise UsageError(
            f"there are {len(first.samples)} and {len(second.samples)} resamples; draw the same number of both"
        )
    return uncertainty(
        first.samples - second.samples,
        images=min(first.images, second.images),
        seed_variances=_seed_variances(first, second),
        fold_variances=_fold_variances(first, second),
    )


def _seed_variances(first: BootstrappedScore, second: BootstrappedScore) -> tuple[tuple[float, int], ...]:
    """Return the variance that seeds add to the difference: of seeds in pairs, or of two independent groups."""
    is_in_folds = first.folds is not None or second.folds is not None
    if is_in_folds or tuple(first.by_seed) != tuple(second.by_seed):
        return first.seed_variance + second.seed_variance
    count = len(first.by_seed)
    if count == 1:
        return ()
    differences = [first.by_seed[seed] - second.by_seed[seed] for seed in first.by_seed]
    return ((float(np.var(differences, ddof=1)) / count, count - 1),)


def _fold_variances(first: BootstrappedScore, second: BootstrappedScore) -> tuple[tuple[float, int], ...]:
    """Return the variance that trainings add to a difference of cross-validations, in pairs or independent."""
    is_paired = first.resamples is second.resamples and tuple(first.by_seed) == tuple(second.by_seed)
    if first.folds is None or second.folds is None or not is_paired:
        return first.fold_variance + second.fold_variance
    return (first.folds.minus(second.folds).variance(images=min(first.images, second.images)),)
