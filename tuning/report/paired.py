"""Paired comparisons of the best trials: the same images, resampled together."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from sweepbox.detection.core.metric_names import CLASS_METRICS, UNDEFINED
from sweepbox.tuning.objective.goal import Goal
from sweepbox.tuning.objective.ranking import Candidate, by_first_goal
from sweepbox.tuning.report.model.sections import PairedModel
from sweepbox.tuning.storage.trial_record import Origin
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.sweep.trial_result import TrialResult

if TYPE_CHECKING:
    from sweepbox.detection.evaluation.image_matches import ImageMatches
    from sweepbox.tuning.winner.resamples import Resamples
    from sweepbox.tuning.winner.score import BootstrappedScore

MOST_TRIALS = 3
"""How many trials are compared, each with each: the winner, the base config, the next best."""
MEANS = ("mAP", "mAP@.50")
RESAMPLED_IMAGES = 40_000
"""Images times resamples, about, which bounds the time; `winner.json` has intervals of more resamples."""
LEAST_RESAMPLES, MOST_RESAMPLES = 100, 500
MOST_IMAGES = 2_000
"""With more validation images nothing is compared: it would take too long at the end of a sweep."""
PART = "validation"


def paired_models(state: SweepState) -> tuple[PairedModel, ...]:
    """Return the comparisons of the best trials whose matches on the validation part are kept.

    Raises:
        DataError: A file of matches is damaged.
        UsageError: The trials were evaluated on different images.
    """
    chosen = _chosen(state)
    if len(chosen) < 2:
        return ()
    from sweepbox.detection.evaluation.image_matches_file import read_matches
    from sweepbox.tuning.winner.resamples import Resamples

    matches = {trial.id: read_matches(state.folder.trial(trial.id).matches(PART)) for trial in chosen}
    first = next(iter(matches.values()))
    if not 2 <= first.num_images <= MOST_IMAGES:
        return ()
    count = max(LEAST_RESAMPLES, min(MOST_RESAMPLES, RESAMPLED_IMAGES // first.num_images))
    resamples = Resamples.draw(first, count=count, seed=state.spec.seed)
    scores = {name: _scores(name, found, first, resamples) for name, found in matches.items()}
    return tuple(_paired(scores[a], scores[b], a, b, first.num_images) for a, b in combinations(scores, 2))


def _chosen(state: SweepState) -> list[TrialResult]:
    """Return the trials to compare, the winner first; those of folds are validated on other images."""
    kept = {
        trial.id: trial
        for trial in state.trials
        if trial.best is not None
        and trial.status.fold is None
        and state.folder.trial(trial.id).matches(PART).is_file()
    }
    candidates = [
        Candidate(name, trial.best.evaluation, trial.best.metrics) for name, trial in kept.items() if trial.best
    ]
    order = [candidate.trial for candidate in by_first_goal(candidates, state.objective)]
    winner = [] if state.winner is None else [state.winner.trial]
    base = [name for name in order if kept[name].status.origin is Origin.BASE]
    wanted = dict.fromkeys(name for name in [*winner, *order[:1], *base, *order] if name in kept)
    return [kept[name] for name in [*wanted][:MOST_TRIALS]]


def _scores(
    name: str, matches: "ImageMatches", first: "ImageMatches", resamples: "Resamples"
) -> "dict[str, BootstrappedScore]":
    """Return the value of each metric in all resamples, without those that no image defines."""
    import numpy as np

    from sweepbox.detection.evaluation.weighted_precision import weighted_metrics
    from sweepbox.tuning.winner.goal_values import effective_images
    from sweepbox.tuning.winner.score import BootstrappedScore, check_same_images

    check_same_images(first, matches, f"trial {name} and the winner")
    once = np.ones((1, matches.num_images), np.int64)
    found = weighted_metrics(matches, np.concatenate([once, resamples.weights]), _names(matches.class_names))
    scores = {}
    for metric, values in found.items():
        if values[0] != UNDEFINED:
            goal = Goal.metric(metric)
            samples = np.where(values[1:] == UNDEFINED, np.nan, values[1:])
            images = effective_images(goal, matches)
            scores[metric] = BootstrappedScore(name, goal, {0: float(values[0])}, samples, images, resamples)
    return scores


def _names(class_names: Sequence[str]) -> tuple[str, ...]:
    return (*MEANS, *(f"{kind}/{name}" for kind in CLASS_METRICS for name in class_names))


def _paired(
    first: "Mapping[str, BootstrappedScore]",
    second: "Mapping[str, BootstrappedScore]",
    first_name: str,
    second_name: str,
    images: int,
) -> PairedModel:
    from sweepbox.tuning.winner.comparison import compare

    found = {}
    for metric in first:
        if metric in second:
            compared = compare(first[metric], second[metric])
            low, high = compared.interval.low, compared.interval.high
            found[metric] = {"difference": compared.difference, "low": low, "high": high}
    return PairedModel(first_name, second_name, found, images)
