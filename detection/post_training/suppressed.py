"""The evaluation of a checkpoint with other settings of the suppression than its config's."""

from collections.abc import Sequence
from pathlib import Path

from sweepbox.detection.core.metric_names import metric_sets
from sweepbox.detection.post_training.checkpoint_images import CheckpointImages
from sweepbox.detection.post_training.measure import Measure
from sweepbox.detection.post_training.suppression import SuppressionSetting, Suppressor
from sweepbox.detection.runner.checkpoint_evaluation import CheckpointEvaluation, unique_names


def evaluate_suppressed(
    checkpoint: Path, records: Sequence[Path], setting: SuppressionSetting
) -> CheckpointEvaluation:
    """Evaluate a checkpoint as its export with these settings detects.

    The metrics are those that depend on detections, without losses. The images have the names of
    `TrainingRun.evaluate_checkpoint`.

    Args:
        checkpoint: The checkpoint folder.
        records: The TFRecord files, or the file of decoded images.
        setting: The settings of the suppression.

    Raises:
        DataError: The records are missing or damaged.
        ModelError: A prediction is not finite.
        TrainingError: The checkpoint is damaged.
    """
    images = CheckpointImages.of(checkpoint, records)
    config = images.config
    detections = Suppressor(config.model.ssd, images.predict()).detections(setting)
    names = unique_names([images.records.name(index) for index in images.indices.tolist()])
    measure = Measure(images.frames, images.label_map, metric_sets(config.eval_config.metrics_set))
    return measure.evaluation(detections, names)
