"""A training run, assembled from its parts."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras

from sweepbox.detection.checkpoint.files import WEIGHTS_FILE
from sweepbox.detection.checkpoint.folder import CheckpointMetadata, read_checkpoint_metadata
from sweepbox.detection.checkpoint.keys import checkpoint_keys
from sweepbox.detection.checkpoint.pending import PendingCheckpoint
from sweepbox.detection.checkpoint.state import ResumeMetadata, read_state
from sweepbox.detection.checkpoint.weights import load_weights, weight_arrays
from sweepbox.detection.core.detections import Detections, GroundTruth
from sweepbox.detection.core.errors import TrainingError
from sweepbox.detection.core.metric_names import metric_sets
from sweepbox.detection.core.timeline import SILENT, Timeline
from sweepbox.detection.data.batches import Batch
from sweepbox.detection.evaluation.evaluator import DetectionEvaluator
from sweepbox.detection.runner.batches import training_batches
from sweepbox.detection.runner.checkpoint import RunCheckpoint
from sweepbox.detection.runner.checkpoint_evaluation import CheckpointEvaluation
from sweepbox.detection.runner.initial_weights import WeightsReport
from sweepbox.detection.runner.initial_weights_cache import InitialWeightsCache
from sweepbox.detection.runner.pictures import PicturedEvaluator, draw_pictures
from sweepbox.detection.runner.profile import RunProfile
from sweepbox.detection.runner.records import RunRecords, open_records, records_key
from sweepbox.detection.runner.settings import RunSettings, check_settings
from sweepbox.detection.training.compile_key import CompileKey
from sweepbox.detection.training.parts import TrainingParts
from sweepbox.detection.training.phases import Phase
from sweepbox.detection.training.reports import (
    StepReport,
    TrainingSummary,
    ValidationPicture,
    ValidationProgress,
)
from sweepbox.detection.training.step_statistics import StepStatistics
from sweepbox.detection.training.validation import Evaluator, validate


class TrainingRun:
    """Trains one detector: advance, evaluate, save, restore, and start over with other settings.

    Attributes:
        step: The number of finished steps.
        profile: Measures the steps, if it is set.
        compile_key: Identifies the compiled program, which `reset` reuses for settings with an equal key.

    Raises:
        ConfigError: The config is unsupported, or the settings contradict each other.
        DataError: The records are missing or cannot be decoded.
        ModelError: The initial weights are missing or do not match the model.

    Example:
        >>> run = TrainingRun(settings)
        >>> run.advance(100)
        >>> run.evaluate()["mAP"]
    """

    def __init__(self, settings: RunSettings) -> None:
        self._weights_cache = InitialWeightsCache()
        self._stream: Iterator[Batch] | None = None
        self.profile: RunProfile | None = None
        check_settings(settings)
        self._records = open_records(settings)
        self.compile_key: CompileKey | None = None
        self._metrics: dict[str, float] = {}
        self._shown: dict[int, tuple[GroundTruth, Detections]] = {}
        self._build(settings, _compile_key(settings, self._records))

    @property
    def settings(self) -> RunSettings:
        """The settings of the current run."""
        return self._settings

    @property
    def total_steps(self) -> int:
        """The number of steps of the run, from the config."""
        return self._settings.total_steps

    @property
    def detector(self) -> Any:
        """The detector in training."""
        return self._parts.detector

    @property
    def record_notes(self) -> tuple[str, ...]:
        """Lines for the user about objects of the records that are dropped."""
        return self._records.notes

    @property
    def metrics(self) -> dict[str, float]:
        """The metrics at the current step; empty if it was not evaluated."""
        return self._metrics if self._metrics_step == self.step else {}

    @property
    def initial_weights(self) -> WeightsReport | None:
        """What was loaded over the randomly initialised weights; None if nothing was."""
        return self._initial_weights

    @property
    def traces(self) -> int:
        """The number of programs traced since the parts were built."""
        return self._parts.step.traces

    @property
    def timeline(self) -> Timeline:
        """Records durations if the run is profiled; discards them otherwise."""
        return SILENT if self.profile is None else self.profile.timeline

    def reset(self, settings: RunSettings) -> None:
        """Start over with other settings; if their `CompileKey` is equal, nothing is compiled again.

        Raises the errors of the constructor.
        """
        check_settings(settings)
        if records_key(settings) != self._records.key:
            self.close()
            self._records = open_records(settings)
        key = _compile_key(settings, self._records)
        if key == self.compile_key:
            self._parts.assign(settings.config)
            self._start(settings)
        else:
            self._discard()
            self._build(settings, key)

    def advance(self, steps: int, *, on_step: Callable[[StepReport], None] | None = None) -> TrainingSummary:
        """Train `steps` steps.

        Args:
            steps: The number of steps.
            on_step: Called after every step. It may raise an exception to stop there; the state is consistent.

        Raises:
            TrainingError: A loss is not finite; the message names the first such step.
        """
        statistics = StepStatistics(self._parts.step.take_losses)
        rate, fetched = self._parts.optimizer_settings.schedule(max(self.step - 1, 0)), True
        for _ in range(steps):
            rate = self._parts.optimizer_settings.schedule(self.step)
            self._train_one(statistics)
            fetched = statistics.is_due
            losses, speed = statistics.fetch() if fetched else ({}, statistics.images_per_s)
            if on_step is not None:
                on_step(StepReport(self.step, self.total_steps, rate, losses, speed))
        if not fetched:
            statistics.fetch()
        return TrainingSummary(
            step=self.step,
            losses=statistics.losses,
            images_per_s=statistics.images_per_s,
            input_wait_fraction=statistics.input_wait_fraction,
            learning_rate=rate,
        )

    def evaluate(self, *, on_batch: Callable[[ValidationProgress], None] | None = None) -> dict[str, float]:
        """Evaluate all validation images and return the metrics by name.

        They are the COCO metrics, the AP of each class and the losses, plus the Pascal VOC metrics if
        `eval_config.metrics_set` has them.

        Raises:
            TrainingError: A loss or a metric is not finite.
        """
        shown = PicturedEvaluator(
            self._evaluator(), images=len(self._records.evaluated_indices), pictures=self._settings.log_images
        )
        with self.timeline.span(Phase.EVALUATION), self._parts.averaged():
            self._metrics = self._validate(shown, on_batch=on_batch)
        self._metrics_step = self.step
        self._shown = shown.kept
        return self._metrics

    def pictures(self) -> tuple[ValidationPicture, ...]:
        """Return as many validation images as `log_images`, with the detections of the last evaluation.

        They are the same images at each evaluation, spread over all; none before the first evaluation.
        """
        if not self._shown or self._metrics_step != self.step:
            return ()
        records = self._records
        names, indices = records.evaluated_names, records.evaluated_indices
        return draw_pictures(
            self._shown,
            names,
            lambda number: records.validation.image(int(indices[number])),
            self._settings.label_map,
        )

    def evaluate_checkpoint(self, directory: Path) -> CheckpointEvaluation:
        """Evaluate the weights of a checkpoint folder on all validation images, image by image.

        The optimizer's state is not that of the checkpoint afterwards: do not train on, `reset` the run.

        Raises:
            ModelError: The checkpoint is missing, damaged or of another model.
            TrainingError: A loss or a metric is not finite.
        """
        self.step = read_checkpoint_metadata(directory).step
        load_weights(self._parts.detector.network, directory / WEIGHTS_FILE)
        evaluator = self._evaluator()
        metrics = self._validate(evaluator)
        return CheckpointEvaluation(metrics, evaluator.matches(self._records.evaluated_names))

    def _evaluator(self) -> DetectionEvaluator:
        sets = metric_sets(self._settings.config.eval_config.metrics_set)
        return DetectionEvaluator(self._settings.label_map, sets)

    def _validate(
        self,
        evaluator: Evaluator,
        *,
        on_batch: Callable[[ValidationProgress], None] | None = None,
    ) -> dict[str, float]:
        """Evaluate the network as it is now."""
        return validate(
            self._parts.step,
            self._records.validation,
            evaluator,
            indices=self._records.evaluated_indices,
            batch_size=self._records.evaluation_batch,
            max_boxes=self._records.evaluation_boxes,
            # Those of the last step: a finished run has no next one, whose rate may be out of bounds.
            scalars=self._parts.optimizer_settings.scalars(max(self.step - 1, 0)),
            on_batch=on_batch,
            timeline=self.timeline,
            trained_steps=self.step,
        )

    @contextmanager
    def checkpoint(self, parent: Path, *, state: bool = True) -> Iterator[RunCheckpoint]:
        """Yield a checkpoint of the current step, which a thread writes in the background.

        Weights and slots are copied first. Evaluate in the block and publish the checkpoint before training
        continues.

        Args:
            parent: The folder in which the checkpoint is written to a hidden folder, and published.
            state: Also write the optimizer's slots.
        """
        with self.timeline.span(Phase.CHECKPOINT), self._parts.averaged():
            weights = weight_arrays(self._parts.detector.network)
            slots = self._parts.optimizer.state() if state else None
        with PendingCheckpoint(
            parent,
            weights=weights,
            slots=slots,
            config=self._settings.config,
            label_map=self._settings.label_map,
            timeline=self.timeline,
        ) as pending:
            yield RunCheckpoint(pending, self._metadata, self._resume_metadata(), self.timeline)

    def save_weights(self, directory: Path) -> None:
        """Write a checkpoint folder, which can be exported, atomically, replacing an existing one."""
        with self.checkpoint(directory.parent, state=False) as checkpoint:
            checkpoint.publish_weights(directory)

    def save(self, directory: Path) -> None:
        """Write a checkpoint folder with the full state, from which `restore` resumes exactly."""
        with self.checkpoint(directory.parent) as checkpoint:
            checkpoint.publish_state(directory)

    def restore(self, directory: Path) -> None:
        """Restore a state that `save` wrote; training continues as without the interruption.

        Raises:
            TrainingError: The state belongs to another optimizer, model or record set.
        """
        metadata = read_checkpoint_metadata(directory)
        resume, slots = read_state(directory)
        if resume != self._resume_metadata():
            raise TrainingError(
                f"{directory}: was saved with {resume.optimizer} on records {resume.records}, this run has "
                f"{self._resume_metadata().optimizer} on {self._resume_metadata().records}; start a new run"
            )
        load_weights(self._parts.detector.network, directory / WEIGHTS_FILE)
        self._parts.optimizer.restore(slots)
        if self._parts.optimizer.has_average:
            self._parts.optimizer.swap_average()
        self._parts.step.take_losses()
        self.close()
        self.step = metadata.step
        self._metrics, self._metrics_step = metadata.metrics, metadata.step

    def close(self) -> None:
        """Stop the thread that prepares batches; the next `advance` starts a new one."""
        if self._stream is not None:
            self._stream.close()  # type: ignore[attr-defined]
            self._stream = None

    def _train_one(self, statistics: StepStatistics) -> None:
        """Run one step and add it to the statistics."""
        if self._stream is None:
            self._stream = self._batches.iterate(self.step)
        started, traces = time.perf_counter(), self._parts.step.traces
        batch = next(self._stream)
        waited_s = time.perf_counter() - started
        scalars = self._parts.optimizer_settings.scalars(self.step)
        if self.profile is None:
            self._parts.step.train(batch, self.step, scalars)
        else:
            self.profile.train(self._parts.step, batch, self.step, scalars, requested_at=started)
        self.step += 1
        compiled_from = None if self._parts.step.traces == traces else started
        statistics.count(len(batch.indices), waited_s=waited_s, compiled_from=compiled_from)

    def _build(self, settings: RunSettings, key: CompileKey) -> None:
        """Build all parts for settings with a new key."""
        self._parts = TrainingParts.build(
            settings.config,
            precision=settings.precision,
            seed=None,
            checkpoint_keys=lambda detector: checkpoint_keys(
                (weight.path for weight in detector.network.weights), settings.config.model.ssd
            ),
        )
        self.compile_key = key
        self._start(settings)

    def _discard(self) -> None:
        """Delete all parts, so that only one set of them is in memory at a time."""
        self.close()
        self.compile_key = None
        self.__dict__.pop("_parts", None)
        keras.utils.clear_session()
        gc.collect()

    def _start(self, settings: RunSettings) -> None:
        """Set the parts to step 0 of a run."""
        self.close()
        self._settings = settings
        self.step = 0
        self._metrics = {}
        self._metrics_step = 0
        self._shown.clear()
        self._initial_weights = self._weights_cache.initialise(self._parts.detector, settings)
        self._parts.optimizer.reset()
        self._batches = training_batches(settings, self._records, self._parts.training_preprocessor)

    def _metadata(self) -> CheckpointMetadata:
        return CheckpointMetadata(
            step=self.step,
            metrics=self.metrics,
            seed=self._settings.seed,
            precision=self._settings.precision.value,
        )

    def _resume_metadata(self) -> ResumeMetadata:
        optimizer = self._parts.optimizer_settings.kind
        return ResumeMetadata(optimizer=str(optimizer), records=self._records.train.fingerprint)


def _compile_key(settings: RunSettings, records: RunRecords) -> CompileKey:
    return CompileKey.of(settings.config, settings.precision).with_shapes(records.shapes)
