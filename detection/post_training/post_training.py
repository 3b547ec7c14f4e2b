"""All that is chosen after training for one checkpoint: suppression, thresholds, and what its config costs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweepbox.detection.checkpoint.folder import read_checkpoint_metadata
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.support.post_processing import are_scores_bounded
from sweepbox.detection.core.errors import DataError, ModelError, UsageError
from sweepbox.detection.core.metric_names import metric_sets
from sweepbox.detection.core.thresholds import OperatingThresholds
from sweepbox.detection.export.tuned import TunedOutput
from sweepbox.detection.post_training.annotated import folds_of
from sweepbox.detection.post_training.checkpoint_images import CheckpointImages
from sweepbox.detection.post_training.measure import Criterion, Measure
from sweepbox.detection.post_training.score_cut import ScoreCut, score_cut
from sweepbox.detection.post_training.suppression import Suppressor
from sweepbox.detection.post_training.thresholds import (
    FEWEST_OBJECTS,
    check_precision,
    operating_thresholds,
    unreached,
)
from sweepbox.detection.post_training.tuning import FOLDS, SuppressionChoice, choose_suppression

SAME = 0.01
"""The difference from the recorded mAP of the checkpoint from which the data are taken for other data."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class PostTraining:
    """What was chosen after training.

    Attributes:
        suppression: The settings of the suppression.
        thresholds: The operating thresholds; None where scores are not in 0..1.
        score_cut: What the config's score threshold costs; None where it costs nothing.
        metrics: All metrics on the validation part with the chosen suppression.
        notes: Lines for the user.
    """

    suppression: SuppressionChoice
    thresholds: OperatingThresholds | None
    score_cut: ScoreCut | None
    metrics: Mapping[str, float]
    notes: tuple[str, ...] = ()

    def output(self, config: pb.TrainEvalPipelineConfig) -> TunedOutput:
        """Return what an export of a model with this config gets."""
        ssd = config.model.ssd
        tuned = self.suppression.chosen.applied(ssd) if self.suppression.is_changed else ssd
        return TunedOutput(tuned.post_processing, self.thresholds, self.lines)

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the choices and notes, one line each."""
        lines = [str(self.suppression)]
        if self.thresholds is not None:
            lines.append(f"operating thresholds: {self.thresholds}")
        if self.score_cut is not None:
            lines.append(str(self.score_cut))
        return (*lines, *self.notes)

    def to_json(self) -> dict[str, Any]:
        """Return all choices as plain values, which `from_json` takes, and `lines` for people."""
        return {
            "suppression": self.suppression.to_json(),
            "thresholds": None if self.thresholds is None else self.thresholds.to_json(),
            "score_cut": None if self.score_cut is None else self.score_cut.to_json(),
            "metrics": dict(self.metrics),
            "notes": list(self.notes),
            "lines": list(self.lines),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any], *, source: str) -> "PostTraining":
        """Return the choices of plain values; ModelError, naming `source`, where they are malformed."""
        try:
            thresholds, cut = value["thresholds"], value["score_cut"]
            return cls(
                SuppressionChoice.from_json(value["suppression"]),
                None if thresholds is None else OperatingThresholds.from_json(thresholds, source=source),
                None if cut is None else ScoreCut.from_json(cut),
                value["metrics"],
                tuple(value["notes"]),
            )
        except (TypeError, KeyError, AttributeError) as error:
            raise ModelError(f"{source}: damaged post-processing ({error!r}); tune it again") from None


def tune_after_training(
    checkpoint: Path,
    records: Sequence[Path],
    *,
    criterion: Criterion | None = None,
    precision: float | None = None,
    folds: int = FOLDS,
    cache_directory: Path | None = None,
    predictions_file: Path | None = None,
    on_progress: Progress | None = None,
) -> PostTraining:
    """Choose suppression settings and operating thresholds of a checkpoint on validation records.

    The checkpoint predicts every image once; everything else is computed from these raw predictions. Nothing is
    trained, and no file is changed.

    Args:
        checkpoint: A checkpoint folder.
        records: The TFRecord files of the validation part, or its file of decoded images.
        criterion: What the suppression is chosen for; by default mAP.
        precision: Choose the thresholds for the most objects at this precision (0 to 1) instead of the best F1.
        folds: The number of folds of the cross-validation.
        cache_directory: The folder of decoded images; by default one beside the records.
        predictions_file: A file that keeps the raw predictions for another call.
        on_progress: Called with the name of the phase, the finished units and their total.

    Raises:
        UsageError: `precision` is not above 0 and at most 1, or `folds` is below 2.
        DataError: The records are missing or damaged, or have fewer than ten objects.
        ModelError: A prediction is not finite.
        TrainingError: The checkpoint is damaged, or the criterion needs an unknown metric.
    """
    rule = check_precision(precision)
    if folds < 2:
        raise UsageError(f"folds = {folds}: give at least 2")
    images = CheckpointImages.of(checkpoint, records, cache_directory=cache_directory)
    config, ssd, frames = images.config, images.config.model.ssd, images.frames
    if images.objects < FEWEST_OBJECTS:
        raise DataError(
            f"{images.objects} objects in {len(frames)} validation images are too few to choose by; at least "
            f"{FEWEST_OBJECTS} are needed"
        )
    report = on_progress or (lambda *_: None)
    predictions = images.predict(
        file=predictions_file, on_progress=lambda done, total: report("predicting", done, total)
    )
    assigned = folds_of(frames, folds)
    suppressor = Suppressor(ssd, predictions)
    measure = Measure(frames, images.label_map, metric_sets(config.eval_config.metrics_set))
    choice = choose_suppression(
        ssd,
        suppressor,
        measure,
        folds=assigned,
        criterion=criterion or Criterion(),
        on_progress=lambda done, total: report("tuning suppression", done, total),
    )
    found = suppressor.detections(choice.chosen)
    metrics = measure.metrics(found)
    thresholds = None
    notes = _other_data(checkpoint, choice, metrics)
    if are_scores_bounded(ssd):
        thresholds = operating_thresholds(measure.scored_hits(found), images.label_map, assigned, rule)
        notes += unreached(thresholds, rule)
    cut = score_cut(ssd, suppressor, measure, choice.chosen, found)
    return PostTraining(choice, thresholds, cut, metrics, notes)


def _other_data(checkpoint: Path, choice: SuppressionChoice, metrics: Mapping[str, float]) -> tuple[str, ...]:
    """Return a line where the checkpoint's recorded mAP is not that of these images."""
    recorded = read_checkpoint_metadata(checkpoint).metrics.get("mAP")
    if recorded is None or choice.is_changed or abs(recorded - metrics["mAP"]) <= SAME:
        return ()
    line = (
        f"in its training the checkpoint had mAP {recorded:.4f}, here it has {metrics['mAP']:.4f}: these are "
        "other images, or the precision makes this difference"
    )
    return (line,)
