"""The value of a goal in resampled images."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.metric_names import UNDEFINED
from sweepbox.detection.evaluation.image_matches import ImageMatches
from sweepbox.detection.evaluation.weighted_precision import (
    images_per_class,
    is_resampled,
    weighted_metrics,
)
from sweepbox.tuning.objective.goal import Goal


def has_values(goal: Goal, class_names: Sequence[str]) -> bool:
    """Return whether a goal can be computed from matches: not if a loss or a cost is part of it."""
    return all(is_resampled(name, class_names) for name in _names(goal, class_names))


def goal_values(goal: Goal, matches: ImageMatches, weights: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the value of a goal in resampled images, `[resamples]`.

    It is NaN where a metric of the goal is undefined because no object of the class was drawn. The lowest class
    is that of those with objects.

    Args:
        goal: A metric, a weighted sum of metrics, or the worst class.
        matches: The matches of an evaluation.
        weights: int64 `[resamples, images]`, how often each image counts.

    Raises:
        UsageError: A metric of the goal cannot be computed from matches, see `has_values`.
    """
    names = _names(goal, matches.class_names)
    found = weighted_metrics(matches, weights, names)
    values = np.stack([np.where(found[name] == UNDEFINED, np.nan, found[name]) for name in names])
    if goal.worst_of is None:
        total: NDArray[np.float64] = np.array([goal.weights[name] for name in names]) @ values
        return total
    lowest = np.where(np.isnan(values), np.inf, values).min(axis=0)
    return np.where(np.isinf(lowest), np.nan, lowest)


def effective_images(goal: Goal, matches: ImageMatches) -> float:
    """Return the number of images whose spread the spread of a goal is like, at least 2.

    The average precision of a class varies with the images that have the class. A mean over classes has the
    degrees of freedom of Satterthwaite (1946), with variances in inverse proportion to the images of the
    classes: it is dominated by the rarest class. The worst class counts as the rarest.
    """
    counts = [images_per_class(matches, name) for name in _names(goal, matches.class_names)]
    images = np.concatenate(counts)
    images = images[images > 0].astype(np.float64)
    if not images.size:
        return 2.0
    if goal.worst_of is not None:
        return float(max(images.min(), 2.0))
    degrees = np.maximum(images - 1, 1.0)
    return float(1 + np.sum(1 / images) ** 2 / np.sum(1 / (images**2 * degrees)))


def _names(goal: Goal, class_names: Sequence[str]) -> tuple[str, ...]:
    if goal.worst_of is not None:
        return tuple(f"{goal.worst_of}/{name}" for name in class_names)
    return tuple(goal.weights)
