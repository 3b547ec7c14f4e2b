"""The score of a candidate with the uncertainty that comes from its images and training seeds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.evaluation.image_matches import ImageMatches
from sweepbox.tuning.objective.goal import Goal
from sweepbox.tuning.winner.fold_variance import FoldValues, weights_without_each_fold
from sweepbox.tuning.winner.goal_values import effective_images, goal_values
from sweepbox.tuning.winner.interval import LEVEL, Interval, uncertainty
from sweepbox.tuning.winner.resamples import Resamples


@dataclass(frozen=True, eq=False)
class Candidate:
    """A config whose trainings were evaluated on the same images.

    Attributes:
        name: Its name in messages, such as the number of its trial.
        matches: The matches of each training, or of all folds of a cross-validation, by its seed.
        folds: Of a cross-validation the fold of each image, int64 `[images]` from 0, by seed; else empty.

    Raises:
        UsageError: There is no training, or the trainings were evaluated on different images or annotations.
    """

    name: str
    matches: Mapping[int, ImageMatches]
    folds: Mapping[int, NDArray[np.int64]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the images."""
        if not self.matches:
            raise UsageError(f"candidate {self.name} has no evaluation; evaluate at least one of its trainings")
        for matches in self.matches.values():
            check_same_images(self.any_matches, matches, f"the evaluations of candidate {self.name}")

    @property
    def any_matches(self) -> ImageMatches:
        """The matches of the first training."""
        return next(iter(self.matches.values()))


@dataclass(frozen=True, eq=False)
class BootstrappedScore:
    """A goal's value of one candidate, and in every resample.

    Attributes:
        candidate: The candidate's name.
        goal: The goal.
        by_seed: The value of each training by its seed.
        samples: `[resamples]`, the value in each resample of images and, without folds, of seeds; NaN where it
            is undefined.
        images: The effective number of images, see `effective_images`.
        resamples: The resamples.
        folds: Of a cross-validation the values from which the variance of its trainings is estimated.
    """

    candidate: str
    goal: Goal
    by_seed: Mapping[int, float]
    samples: NDArray[np.float64]
    images: float
    resamples: Resamples
    folds: FoldValues | None = None

    @property
    def value(self) -> float:
        """The mean over seeds of the values on all images."""
        return float(np.mean(list(self.by_seed.values())))

    @property
    def standard_deviation(self) -> float | None:
        """The standard deviation over seeds; None of a single one."""
        return float(np.std(list(self.by_seed.values()), ddof=1)) if len(self.by_seed) > 1 else None

    @property
    def seed_variance(self) -> tuple[tuple[float, int], ...]:
        """The variance of the mean over seeds and its degrees of freedom.

        Empty for a single seed, and for a cross-validation, whose trainings differ by fold.
        """
        spread, count = self.standard_deviation, len(self.by_seed)
        return () if spread is None or self.folds is not None else ((spread**2 / count, count - 1),)

    @property
    def fold_variance(self) -> tuple[tuple[float, int], ...]:
        """The variance that trainings add to a cross-validation and its degrees of freedom; else empty."""
        return () if self.folds is None else (self.folds.variance(images=self.images),)

    def interval(self, *, level: float = LEVEL) -> Interval:
        """Return the confidence interval of the value, within 0 to 1.

        It is about other images of the same kind and, with several seeds or folds, other trainings of the same
        config. With one training it is about these weights only.
        """
        spread = uncertainty(
            self.samples,
            images=self.images,
            seed_variances=self.seed_variance,
            fold_variances=self.fold_variance,
        )
        found = spread.interval(self.value, level=level)
        return Interval(max(found.low, 0.0), min(found.high, 1.0), level)


def bootstrap_score(candidate: Candidate, goal: Goal, resamples: Resamples) -> BootstrappedScore:
    """Compute the goal of a candidate in all resamples.

    Args:
        candidate: The candidate.
        goal: A metric, a weighted sum of metrics, or the worst class; not a loss or a cost, see `has_values`.
        resamples: The resamples, the same for all candidates that are to be compared.

    Raises:
        UsageError: The resamples are of other images, the goal cannot be computed from matches, or no image has
            an object that it needs.

    Example:
        >>> resamples = Resamples.draw(candidate.any_matches)
        >>> score = bootstrap_score(candidate, Goal.metric("mAP"), resamples)
        >>> score.value, score.interval()
    """
    if candidate.any_matches.image_names != resamples.image_names:
        raise UsageError(f"the resamples are not of the images of candidate {candidate.name}; draw them anew")
    once = np.ones((1, len(resamples.image_names)), np.int64)
    count = 1 + len(resamples)
    values, left_out = [], []
    for seed, matches in candidate.matches.items():
        without = [weights_without_each_fold(candidate.folds[seed])] if candidate.folds else []
        found = goal_values(goal, matches, np.concatenate([once, resamples.weights, *without]))
        values.append(found[:count])
        left_out.append(found[count:])
    by_seed = {seed: float(found[0]) for seed, found in zip(candidate.matches, values, strict=True)}
    if np.isnan(list(by_seed.values())).any():
        raise UsageError(f"{goal.label!r} is undefined: no image has an object that it is computed from")
    images = effective_images(goal, candidate.any_matches)
    if candidate.folds:
        folds = FoldValues(np.stack(values)[:, 1:], np.stack(left_out))
        return BootstrappedScore(
            candidate.name, goal, by_seed, folds.samples.mean(axis=0), images, resamples, folds
        )
    samples = _samples(np.stack(values), resamples.seed_shares(tuple(candidate.matches)))
    return BootstrappedScore(candidate.name, goal, by_seed, samples, images, resamples)


def _samples(values: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the value in each resample of images and seeds, `[resamples]`.

    It is the mean over seeds on the drawn images, plus what the drawn seeds deviate from it on all images. The
    values of drawn seeds on drawn images would count up to three times how single trainings differ on single
    images (Owen 2007, Annals of Applied Statistics 1: 386–411).

    Args:
        values: `[seeds, 1 + resamples]`, the values on all images and in each resample of them.
        shares: `[resamples, seeds]`, the share of each seed in each resample.
    """
    samples: NDArray[np.float64] = values[:, 1:].mean(axis=0) + shares @ (values[:, 0] - values[:, 0].mean())
    return samples


def check_same_images(first: ImageMatches, second: ImageMatches, what: str) -> None:
    """Raise UsageError where two evaluations are not of the same images, classes and objects."""
    if first is second:
        return
    same = first.image_names == second.image_names and first.class_names == second.class_names
    if not (same and np.array_equal(first.num_objects, second.num_objects)):
        raise UsageError(f"{what} are of different images or annotations; evaluate them on the same part")
