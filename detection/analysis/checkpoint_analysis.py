"""The analysis of a checkpoint on annotated images."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.analysis.detected_images import DetectedImages, FloatArray
from sweepbox.detection.analysis.detector_analysis import DetectorAnalysis, analyse
from sweepbox.detection.config.support.post_processing import are_scores_bounded
from sweepbox.detection.core.thresholds import OperatingThresholds
from sweepbox.detection.post_training.annotated import folds_of
from sweepbox.detection.post_training.checkpoint_images import CheckpointImages
from sweepbox.detection.post_training.operating_point import Rule, best_threshold, joined_hits
from sweepbox.detection.post_training.post_training import PostTraining
from sweepbox.detection.post_training.suppression import SuppressionSetting, Suppressor
from sweepbox.detection.post_training.thresholds import operating_thresholds
from sweepbox.detection.post_training.tuning import FOLDS
from sweepbox.detection.runner.checkpoint_evaluation import unique_names


@dataclass(frozen=True)
class CheckpointAnalysis:
    """The analysis of a checkpoint, and the settings of its detections.

    Attributes:
        analysis: The analysis.
        suppression: The settings of the suppression, in words.
        threshold_rule: What the thresholds were chosen for.
    """

    analysis: DetectorAnalysis
    suppression: str
    threshold_rule: str


def analyse_checkpoint(
    images: CheckpointImages,
    *,
    chosen: PostTraining | None = None,
    predictions_file: Path | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> CheckpointAnalysis:
    """Return the analysis of a checkpoint's detections in annotated images, which it predicts once.

    Args:
        images: The checkpoint and the images.
        chosen: The suppression and the thresholds to use; by default the config's own suppression, and the
            thresholds of the best F1 on these images.
        predictions_file: A file that keeps the raw predictions for another call.
        on_progress: Called with the number of predicted images and their total.

    Raises:
        ModelError: A prediction is not finite.
        TrainingError: The weights are missing, damaged, or do not match the config.
    """
    ssd = images.config.model.ssd
    setting = SuppressionSetting.of(ssd) if chosen is None else chosen.suppression.chosen
    predictions = images.predict(file=predictions_file, on_progress=on_progress)
    found = Suppressor(ssd, predictions).detections(setting)
    names = tuple(unique_names([images.records.name(index) for index in images.indices.tolist()]))
    detected = DetectedImages(images.label_map, names, images.frames, found)
    given = None if chosen is None else chosen.thresholds
    if given is not None:
        thresholds, rule = _of_classes(detected, given), f"{given.rule}, as for the export"
    elif are_scores_bounded(ssd):
        best = operating_thresholds(detected.hits, images.label_map, folds_of(images.frames, FOLDS), Rule())
        thresholds, rule = _of_classes(detected, best), f"{best.rule} on these images"
    else:
        thresholds, rule = _common_threshold(detected), "best F1 of all classes together on these images"
    return CheckpointAnalysis(analyse(detected, thresholds), str(setting), rule)


def _of_classes(images: DetectedImages, thresholds: OperatingThresholds) -> FloatArray:
    known = {item.id: item.threshold for item in thresholds.classes}
    return np.array([known.get(class_id, thresholds.default) for class_id in images.label_map.ids])


def _common_threshold(images: DetectedImages) -> NDArray[np.float64]:
    """Return one threshold for all classes, for scores of any range; above them if none is right."""
    hits = joined_hits(images.hits)
    best = best_threshold(hits, Rule())
    return np.full(len(images.label_map.ids), hits.scores.max(initial=0.0) + 1 if best is None else best)
