"""Detections for the finished trials of a generated sweep, so that its figures have intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from experiments.winner.simulated import Scene, detect, draw_scene
from sweepbox.detection.config.label_map import load_label_map
from sweepbox.detection.core.metric_names import CLASS_METRICS, SUMMARY_NAMES
from sweepbox.detection.evaluation.image_matches import ImageMatches
from sweepbox.detection.evaluation.image_matches_file import write_matches
from sweepbox.detection.evaluation.weighted_precision import weighted_metrics
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import (
    Evaluation,
    TrialState,
    read_evaluations,
    read_status,
    write_evaluations,
)

IMAGES = 60
LEAST_SKILL, SKILLS = -1.5, 4.5
"""The skill of a simulated detector whose trial scored 0, and how much more one has that scored 1."""


def add_matches(folder: SweepFolder, *, metric: str) -> None:
    """Write matches of all finished trials of a sweep of three classes, and the metrics that follow from them.

    The last evaluation of a trial gets the metrics of its matches and is its best; the others are scaled.

    Args:
        folder: The sweep, whose records have been written.
        metric: The metric by which trials were generated.
    """
    names = load_label_map(folder.label_map).names
    scene = draw_scene(np.random.default_rng(0), IMAGES)
    for trial in folder.trial_folders():
        evaluations = read_evaluations(trial)
        if read_status(trial).state is TrialState.FINISHED:
            skill = LEAST_SKILL + SKILLS * evaluations[-1].metrics[metric]
            matches = _matches(scene, skill, int(trial.id), names)
            write_matches(trial.matches("validation"), matches)
            write_evaluations(trial, _with_metrics(evaluations, _metrics(matches), metric))


def _matches(scene: Scene, skill: float, seed: int, names: Sequence[str]) -> ImageMatches:
    found = detect(np.random.default_rng(seed), scene, skill)
    return replace(found, class_names=tuple(names))


def _metrics(matches: ImageMatches) -> dict[str, float]:
    names = (*SUMMARY_NAMES, *(f"{kind}/{name}" for kind in CLASS_METRICS for name in matches.class_names))
    found = weighted_metrics(matches, np.ones((1, matches.num_images), np.int64), names)
    return {name: float(values[0]) for name, values in found.items()}


def _with_metrics(
    evaluations: Sequence[Evaluation], final: Mapping[str, float], metric: str
) -> list[Evaluation]:
    last = evaluations[-1].metrics[metric]
    scaled = [
        replace(item, metrics={**item.metrics, **_scaled(final, min(item.metrics[metric] / last, 0.99))})
        for item in evaluations[:-1]
    ]
    return [*scaled, replace(evaluations[-1], metrics={**evaluations[-1].metrics, **final})]


def _scaled(metrics: Mapping[str, float], share: float) -> dict[str, float]:
    return {name: value * share if value > 0 else value for name, value in metrics.items()}
