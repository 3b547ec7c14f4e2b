"""What a cross-validation says of a config: each image is evaluated by a detector that did not train on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.evaluation.image_matches import ImageMatches
from sweepbox.detection.evaluation.weighted_precision import is_resampled, weighted_metrics
from sweepbox.tuning.objective.goal import Metrics
from sweepbox.tuning.sweep.trial_result import TrialResult


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """The trainings of a config in all folds of one division, with what they say together.

    Attributes:
        runs: The training of each fold, the first fold first.
        metrics: The metrics over the images of all folds, see `joined_metrics`.
    """

    runs: tuple[TrialResult, ...]
    metrics: Mapping[str, float]


def join_folds(parts: Sequence[ImageMatches]) -> ImageMatches:
    """Return the matches of all folds as those of one evaluation, the images in the order of their names.

    The detectors of different folds rank their detections together, by score.
    """
    return ImageMatches.joined(parts).by_name()


def fold_of_image(parts: Sequence[ImageMatches], joined: ImageMatches) -> NDArray[np.int64]:
    """Return the fold of each image of the joined matches, int64 `[images]` from 0."""
    folds = {name: number for number, part in enumerate(parts) for name in part.image_names}
    return np.array([folds[name] for name in joined.image_names], np.int64)


def joined_metrics(matches: ImageMatches, of_folds: Sequence[Metrics]) -> dict[str, float]:
    """Return the metrics of a cross-validation.

    Args:
        matches: The joined matches of all folds, from which COCO's metrics are computed.
        of_folds: The metrics of each fold. Their mean counts where a metric is not computed from matches:
            losses, costs, and the metrics of Pascal VOC.
    """
    once = np.ones((1, matches.num_images), np.int64)
    names = dict.fromkeys(name for metrics in of_folds for name in metrics)
    computed = [name for name in names if is_resampled(name, matches.class_names)]
    joined = {name: float(value[0]) for name, value in weighted_metrics(matches, once, computed).items()}
    return {**mean_metrics(of_folds), **joined}


def mean_metrics(given: Sequence[Metrics]) -> dict[str, float]:
    """Return the mean of each metric that all have."""
    first, *others = given
    names = [name for name in first if all(name in other for other in others)]
    return {name: sum(metrics[name] for metrics in given) / len(given) for name in names}
