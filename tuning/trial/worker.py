"""One trial at work: trains to the next evaluation, keeps its best checkpoint, its state and its record.

Knows no Ray: whoever holds a `TrialRun` calls `next_evaluation` until the outcome says that the trial has
ended.
"""

import logging
import os
import shutil
import socket
import time
import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sweepbox.detection.checkpoint.source import KERAS_WEIGHTS
from sweepbox.detection.config.label_map import load_label_map
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import SweepboxError
from sweepbox.detection.core.files import remove_remains
from sweepbox.detection.model.precision import AUTOMATIC, Precision
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.spec.steps import evaluate_every, evaluation_number, next_evaluation_step
from sweepbox.tuning.storage.dataset import open_sweep_data
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import (
    Evaluation,
    TrialState,
    append_evaluation,
    read_evaluations,
    read_status,
    write_evaluations,
    write_status,
)
from sweepbox.tuning.trial.best_evaluation import best_evaluation
from sweepbox.tuning.trial.compiled_runs import Engine
from sweepbox.tuning.trial.precision import sweep_precision

if TYPE_CHECKING:
    from sweepbox.detection.runner import RunSettings, TrainingRun
    from sweepbox.detection.training.reports import StepReport, TrainingSummary

logger = logging.getLogger(__name__)

PROGRESS_S = 3.0
"""About how often, in seconds, a trial writes its progress and looks for a request to stop."""


@dataclass(frozen=True)
class Outcome:
    """What came of one call of `next_evaluation`; `score` only where an evaluation was made."""

    state: TrialState
    evaluation: int
    score: float | None = None

    @property
    def trial_goes_on(self) -> bool:
        """Tell whether there is more to do."""
        return self.state is TrialState.RUNNING


class _StopRequestedError(Exception):
    """The sweep is asked to end."""


class TrialRun:
    """One trial in one process. A `SweepboxError` ends it as failed; other errors are passed on."""

    def __init__(
        self, sweep: SweepFolder, trial_id: str, engine: Engine, *, spec: SweepSpec | None = None
    ) -> None:
        """Take a trial; nothing is loaded until the first call of `next_evaluation`.

        `spec` is the sweep's, where the caller has read it already.
        """
        self._sweep = sweep
        self._trial = sweep.trial(trial_id)
        self._engine = engine
        self._spec = spec or load_spec(sweep.spec)
        self._objective = Objective.of(self._spec.objective)
        self._config = load_config(self._trial.config)
        self._every = evaluate_every(self._config, self._spec.training)
        self._status = read_status(self._trial)
        self._evaluations: tuple[Evaluation, ...] = ()
        self._run: TrainingRun | None = None
        self._clock = time.monotonic()
        self._next_look = 0.0
        self._loss: float | None = None

    def next_evaluation(self) -> Outcome:
        """Train to the next evaluation and evaluate; return early where a stop is requested."""
        self._clock = time.monotonic()
        try:
            run = self._run or self._open()
            target = next_evaluation_step(run.step, every=self._every, total=self._status.total_steps)
            training = self._train_to(run, target)
            return self._interrupt(run) if training is None else self._evaluate(run, training)
        except SweepboxError as error:
            return self._fail(error)
        except Exception as error:
            self._note_error(error)
            raise

    def save(self, directory: Path) -> None:
        """Write the run's full state to a folder."""
        (self._run or self._open()).save(directory)

    def restore(self, directory: Path) -> None:
        """Take the run's full state from a folder."""
        (self._run or self._open()).restore(directory)

    def _open(self) -> "TrainingRun":
        """Make the run ready: a fresh one, or where the trial stood when its last process ended."""
        self._update(
            state=TrialState.RUNNING,
            started=self._status.started or time.time(),
            attempts=self._status.attempts + 1,
            host=socket.gethostname(),
            gpus=os.environ.get("CUDA_VISIBLE_DEVICES"),
            error=None,
        )
        remove_remains(self._trial.path)
        run = self._engine.run_for(self._settings())
        self._run = run
        if self._trial.last.is_dir():
            run.restore(self._trial.last)
        self._evaluations = tuple(item for item in read_evaluations(self._trial) if item.step <= run.step)
        if self._trial.metrics.is_file():
            write_evaluations(self._trial, self._evaluations)
        if self._stands_at_best(run):
            run.save_weights(self._trial.best)
        started_from = None if run.initial_weights is None else str(run.initial_weights)
        if started_from is not None:
            logger.info("trial %s: %s", self._trial.id, started_from)
        self._update(step=run.step, engine_reused=self._engine.reused, initial_weights=started_from)
        self._next_look = time.monotonic() + PROGRESS_S
        return run

    def _settings(self) -> "RunSettings":
        from sweepbox.detection.runner import RunSettings

        asked = self._spec.training.precision
        dataset = open_sweep_data(self._sweep, self._spec)
        settings = RunSettings(
            config=self._config,
            train_records=dataset.train,
            validation_records=dataset.validation,
            label_map=load_label_map(self._sweep.label_map),
            directory=self._trial.path,
            seed=self._status.seed,
            precision=Precision.FLOAT32 if asked == AUTOMATIC else Precision(asked),
            evaluate_every=self._every,
            metric=self._objective.metric,
            initial_weights=self._initial_weights(),
        )
        if asked != AUTOMATIC:
            return settings
        return replace(settings, precision=sweep_precision(self._sweep, settings))

    def _initial_weights(self) -> str | None:
        """Return the sweep's initial weights; a path in its file is relative to its folder."""
        weights = self._spec.initial_weights
        return weights if weights in (None, KERAS_WEIGHTS) else str(self._sweep.path / str(weights))

    def _train_to(self, run: "TrainingRun", target: int) -> "TrainingSummary | None":
        """Train to step `target`; return None where a stop is requested before."""
        if self._sweep.stop_request.exists():
            return None
        try:
            return run.advance(target - run.step, on_step=self._watch)
        except _StopRequestedError:
            return None

    def _watch(self, report: "StepReport") -> None:
        """Every few seconds write the progress and look for a request to stop."""
        self._loss = report.losses.get("total", self._loss)
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + PROGRESS_S
        self._update(step=report.step, loss=self._loss, images_per_s=round(report.images_per_s, 2))
        if self._sweep.stop_request.exists():
            raise _StopRequestedError

    def _evaluate(self, run: "TrainingRun", training: "TrainingSummary") -> Outcome:
        """Evaluate, then write the line, the state to go on from and the checkpoint, in this order.

        A thread writes weights and slots while the evaluation runs; all is on disk when this returns.
        Wherever a crash cuts this short, the next process finds a state whose step tells which lines hold,
        and makes the best checkpoint anew if that was next.
        """
        finished = run.step >= self._status.total_steps
        with run.checkpoint(self._trial.path, state=not finished) as checkpoint:
            evaluation = self._measure(run, training)
            if not finished:
                checkpoint.publish_state(self._trial.last)
            if self._stands_at_best(run):
                checkpoint.publish_weights(self._trial.best)
        state = TrialState.FINISHED if finished else TrialState.RUNNING
        # What was written after the evaluation counts, too, though its line was written before.
        seconds = self._status.seconds + evaluation.seconds + self._take_seconds()
        self._update(state=state, step=run.step, seconds=seconds)
        score = self._objective.score(evaluation.metrics)
        return Outcome(state, evaluation.evaluation, score)

    def _measure(self, run: "TrainingRun", training: "TrainingSummary") -> Evaluation:
        """Evaluate and write the line."""
        began = time.monotonic()
        metrics = run.evaluate()
        evaluation_s = time.monotonic() - began
        self._objective.score(metrics)  # raises where the metric is missing, before anything is written
        evaluation = Evaluation(
            evaluation_number(run.step, every=self._every),
            run.step,
            time.time(),
            round(self._take_seconds(), 3),
            metrics,
            evaluation_s=round(evaluation_s, 3),
            images_per_s=round(training.images_per_s, 2),
            input_wait_fraction=round(training.input_wait_fraction, 4),
        )
        append_evaluation(self._trial, evaluation)
        self._evaluations = (*self._evaluations, evaluation)
        return evaluation

    def _stands_at_best(self, run: "TrainingRun") -> bool:
        """Tell whether the run stands at the trial's best evaluation."""
        best = best_evaluation(self._trial.id, self._evaluations, self._objective)
        return best is not None and best.step == run.step

    def _interrupt(self, run: "TrainingRun") -> Outcome:
        if run.step > 0:
            run.save(self._trial.last)
        seconds = self._status.seconds + self._take_seconds()
        self._update(state=TrialState.INTERRUPTED, step=run.step, seconds=seconds)
        return Outcome(TrialState.INTERRUPTED, len(self._evaluations))

    def _fail(self, error: SweepboxError) -> Outcome:
        self._note_error(error)
        seconds = self._status.seconds + self._take_seconds()
        self._update(state=TrialState.FAILED, ended=time.time(), seconds=seconds)
        shutil.rmtree(self._trial.last, ignore_errors=True)
        return Outcome(TrialState.FAILED, len(self._evaluations))

    def _note_error(self, error: Exception) -> None:
        line = (str(error).splitlines() or [type(error).__name__])[0]
        self._trial.traceback.write_text("".join(traceback.format_exception(error)))
        self._update(error=line if isinstance(error, SweepboxError) else f"{type(error).__name__}: {line}")

    def _take_seconds(self) -> float:
        """Return the seconds since the call began and start counting anew."""
        now = time.monotonic()
        seconds, self._clock = now - self._clock, now
        return seconds

    def _update(self, **changes: object) -> None:
        self._status = replace(self._status, **changes)  # type: ignore[arg-type]
        write_status(self._trial, self._status)
