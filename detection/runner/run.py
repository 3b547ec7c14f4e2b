"""One training run: the place where its parts are put together."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras

from sweepbox.detection.checkpoint.folder import WEIGHTS_FILE, CheckpointFacts, read_facts
from sweepbox.detection.checkpoint.keys import checkpoint_keys
from sweepbox.detection.checkpoint.pending import PendingCheckpoint
from sweepbox.detection.checkpoint.state import ResumeFacts, read_state
from sweepbox.detection.checkpoint.weights import load_weights, weight_arrays
from sweepbox.detection.core.errors import TrainingError
from sweepbox.detection.core.metric_names import metric_sets
from sweepbox.detection.core.timeline import SILENT, Timeline
from sweepbox.detection.data.batches import Batch, TrainingBatches
from sweepbox.detection.data.copy_paste import copy_paste
from sweepbox.detection.data.reading import Reading
from sweepbox.detection.evaluation.evaluator import DetectionEvaluator
from sweepbox.detection.runner.checkpoint import RunCheckpoint
from sweepbox.detection.runner.initial_weights import WeightsReport
from sweepbox.detection.runner.profile import RunProfile
from sweepbox.detection.runner.records import RunRecords, open_records, records_source
from sweepbox.detection.runner.settings import RunSettings, check_settings
from sweepbox.detection.runner.starting_weights import StartingWeights
from sweepbox.detection.training.compile_key import CompileKey
from sweepbox.detection.training.meter import Meter
from sweepbox.detection.training.parts import TrainingParts
from sweepbox.detection.training.phases import Phase
from sweepbox.detection.training.reports import StepReport, TrainingSummary, ValidationProgress
from sweepbox.detection.training.validation import validate


class TrainingRun:
    """One detector in training: advance, evaluate, save, restore, and start over with other settings.

    `step` counts finished steps; `profile`, where it is set, measures them; `compile_key` names the compiled
    program, which `reset` reuses for settings of an equal key. Raises ConfigError, DataError or ModelError
    where the settings do not fit together.
    """

    def __init__(self, settings: RunSettings) -> None:
        self._starting = StartingWeights()
        self._stream: Iterator[Batch] | None = None
        self.profile: RunProfile | None = None
        check_settings(settings)
        self._records = open_records(settings)
        self.compile_key: CompileKey | None = None
        self._metrics: dict[str, float] = {}
        self._build(settings, _compile_key(settings, self._records))

    @property
    def settings(self) -> RunSettings:
        """The settings of the current run."""
        return self._settings

    @property
    def total_steps(self) -> int:
        """The length of the run in steps, as the config states it."""
        return self._settings.total_steps

    @property
    def detector(self) -> Any:
        """The detector in training."""
        return self._parts.detector

    @property
    def metrics(self) -> dict[str, float]:
        """The metrics of the evaluation at this step; empty where none was made."""
        return self._metrics if self._metrics_step == self.step else {}

    @property
    def initial_weights(self) -> WeightsReport | None:
        """What was loaded over the drawn weights when the run started; None where nothing was."""
        return self._initial_weights

    @property
    def traces(self) -> int:
        """How many programs were traced since the parts were built."""
        return self._parts.step.traces

    @property
    def timeline(self) -> Timeline:
        """Where the run notes what takes how long; it forgets it unless the run is profiled."""
        return SILENT if self.profile is None else self.profile.timeline

    def reset(self, settings: RunSettings) -> None:
        """Start over with other settings; with an equal `CompileKey` nothing is traced or compiled again."""
        check_settings(settings)
        if records_source(settings) != self._records.source:
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
        """Train `steps` steps; TrainingError names the first step whose loss is not finite.

        `on_step` is called after every step, when the state is whole: it may raise to stop the run there.
        """
        meter = Meter(self._parts.step.take_losses)
        rate, fetched = self._parts.rule.schedule(max(self.step - 1, 0)), True
        for _ in range(steps):
            rate = self._parts.rule.schedule(self.step)
            self._train_one(meter)
            fetched = meter.is_due
            losses, speed = meter.fetch() if fetched else ({}, meter.images_per_s)
            if on_step is not None:
                on_step(StepReport(self.step, self.total_steps, rate, losses, speed))
        if not fetched:
            meter.fetch()
        return TrainingSummary(
            step=self.step,
            losses=meter.losses,
            images_per_s=meter.images_per_s,
            input_wait_fraction=meter.input_wait_fraction,
            learning_rate=rate,
        )

    def evaluate(self, *, on_batch: Callable[[ValidationProgress], None] | None = None) -> dict[str, float]:
        """Return COCO metrics, AP by class name and losses over all validation images.

        Where the config's `eval_config.metrics_set` asks for Pascal VOC metrics, they come too.
        """
        sets = metric_sets(self._settings.config.eval_config.metrics_set)
        with self.timeline.span(Phase.EVALUATION), self._parts.averaged():
            self._metrics = validate(
                self._parts.step,
                self._records.validation,
                DetectionEvaluator(self._settings.label_map, sets),
                indices=self._records.evaluated,
                batch_size=self._records.evaluation_batch,
                max_boxes=self._records.evaluation_boxes,
                scalars=self._parts.rule.scalars(self.step),
                on_batch=on_batch,
                timeline=self.timeline,
            )
        self._metrics_step = self.step
        return self._metrics

    @contextmanager
    def checkpoint(self, parent: Path, *, state: bool = True) -> Iterator[RunCheckpoint]:
        """Yield the checkpoint of this step, which a thread writes meanwhile into a hidden folder in `parent`.

        Evaluate in the block, then publish it to folders in `parent`; not before training goes on. Weights and
        slots are copied first. Without `state` only weights are written.
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
            yield RunCheckpoint(pending, self._facts, self._resume_facts(), self.timeline)

    def save_weights(self, directory: Path) -> None:
        """Write a checkpoint folder, which export reads; it appears whole, in the place of an old one."""
        with self.checkpoint(directory.parent, state=False) as checkpoint:
            checkpoint.publish_weights(directory)

    def save(self, directory: Path) -> None:
        """Write a checkpoint folder with the full state, from which `restore` goes on exactly."""
        with self.checkpoint(directory.parent) as checkpoint:
            checkpoint.publish_state(directory)

    def restore(self, directory: Path) -> None:
        """Go on from what `save` wrote, to the same weights and data order as without the interruption.

        Raises TrainingError where the state belongs to another optimizer, model or record set.
        """
        facts = read_facts(directory)
        resume, slots = read_state(directory)
        if resume != self._resume_facts():
            raise TrainingError(
                f"{directory}: was saved with {resume.optimizer} on records {resume.records}, this run has "
                f"{self._resume_facts().optimizer} on {self._resume_facts().records}; start a new run"
            )
        load_weights(self._parts.detector.network, directory / WEIGHTS_FILE)
        self._parts.optimizer.restore(slots)
        if self._parts.optimizer.has_average:
            self._parts.optimizer.swap_average()
        self._parts.step.take_losses()
        self.close()
        self.step = facts.step
        self._metrics, self._metrics_step = facts.metrics, facts.step

    def close(self) -> None:
        """End the thread that prepares batches; the next `advance` starts another."""
        if self._stream is not None:
            self._stream.close()  # type: ignore[attr-defined]
            self._stream = None

    def _train_one(self, meter: Meter) -> None:
        """Run one step and count it."""
        if self._stream is None:
            self._stream = self._batches.iterate(self.step)
        started, traces = time.perf_counter(), self._parts.step.traces
        batch = next(self._stream)
        waited_s = time.perf_counter() - started
        scalars = self._parts.rule.scalars(self.step)
        if self.profile is None:
            self._parts.step.train(batch, self.step, scalars)
        else:
            self.profile.train(self._parts.step, batch, self.step, scalars, asked_s=started)
        self.step += 1
        compiled_from = None if self._parts.step.traces == traces else started
        meter.count(len(batch.indices), waited_s=waited_s, compiled_from=compiled_from)

    def _build(self, settings: RunSettings, key: CompileKey) -> None:
        """Build all parts for settings of a new key."""
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
        """Let go of all parts, so that memory holds one set of them at a time."""
        self.close()
        self.compile_key = None
        self.__dict__.pop("_parts", None)
        keras.utils.clear_session()
        gc.collect()

    def _start(self, settings: RunSettings) -> None:
        """Put fresh parts at step 0 of a run."""
        self.close()
        self._settings = settings
        self.step = 0
        self._metrics = {}
        self._metrics_step = 0
        self._initial_weights = self._starting.give(self._parts.detector, settings)
        self._parts.optimizer.reset()
        self._batches = TrainingBatches(
            self._records.train,
            batch_size=settings.config.train_config.batch_size,
            max_boxes=self._records.train_boxes,
            noise_columns=self._parts.training_preprocessor.noise_columns,
            seed=settings.seed,
            reading=Reading.of(settings.config.train_input_reader),
            change=copy_paste(
                settings.config.train_config.data_augmentation_options,
                self._records.train,
                settings.label_map,
            ),
        )

    def _facts(self) -> CheckpointFacts:
        return CheckpointFacts(
            step=self.step,
            metrics=self.metrics,
            seed=self._settings.seed,
            precision=self._settings.precision.value,
        )

    def _resume_facts(self) -> ResumeFacts:
        return ResumeFacts(optimizer=str(self._parts.rule.kind), records=self._records.train.fingerprint)


def _compile_key(settings: RunSettings, records: RunRecords) -> CompileKey:
    return CompileKey.of(settings.config, settings.precision).with_shapes(records.shapes)
