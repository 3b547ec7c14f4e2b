"""Runs one trial in one process: trains, evaluates, publishes checkpoints and reports.

Knows no Ray: a caller repeats `next_evaluation` until the outcome says that the trial has ended.
"""

import logging
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sweepbox.detection.checkpoint.folder import read_checkpoint_metadata
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ModelError, SweepboxError, SweepError, TrainingError
from sweepbox.detection.core.files import remove_temporary_folders
from sweepbox.tuning.loggers.logger import LoggedTrial, Loggers
from sweepbox.tuning.loggers.table import loggers_of
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.spec.steps import evaluation_plan
from sweepbox.tuning.storage.dataset import open_unchanged_data
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import (
    Evaluation,
    TrialState,
    append_evaluation,
    read_changes,
    read_evaluations,
    write_evaluations,
)
from sweepbox.tuning.trial.best_evaluation import best_evaluation
from sweepbox.tuning.trial.compiled_runs import CompiledRunCache
from sweepbox.tuning.trial.config_steps import ConfigSteps
from sweepbox.tuning.trial.costs import costs_of
from sweepbox.tuning.trial.out_of_memory import memory_cause
from sweepbox.tuning.trial.outside_cause import outside_cause
from sweepbox.tuning.trial.process import gpus_of_process
from sweepbox.tuning.trial.progress import Progress, StopRequestedError
from sweepbox.tuning.trial.provenance import record_provenance
from sweepbox.tuning.trial.settings import check_weights, run_settings
from sweepbox.tuning.trial.status_writer import StatusWriter

if TYPE_CHECKING:
    from sweepbox.detection.runner import TrainingRun
    from sweepbox.detection.training.reports import TrainingSummary

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """The result of one call of `next_evaluation`.

    Attributes:
        state: The trial's state after the call.
        evaluation: The evaluation that was made; None where a stop or an error came before it.
        score: The objective's score of that evaluation.
        outside_cause: A line on what interrupted the trial, where that lies outside it.
    """

    state: TrialState
    evaluation: Evaluation | None = None
    score: float | None = None
    outside_cause: str | None = None

    @property
    def is_running(self) -> bool:
        """Whether another evaluation follows."""
        return self.state is TrialState.RUNNING


class TrialWorker:
    """One trial in one process.

    An error with a cause outside the trial interrupts it; see `outside_cause`. Another `SweepboxError` ends it
    as failed; all other errors are raised, as MemoryError where memory ran out.
    """

    def __init__(
        self,
        sweep: SweepFolder,
        trial_id: str,
        compiled_runs: CompiledRunCache,
        *,
        spec: SweepSpec,
        is_terminating: Callable[[], bool] = lambda: False,
    ) -> None:
        """Prepare to run a trial; nothing is loaded before the first call of `next_evaluation`.

        `is_terminating` says whether the process was asked to end; the trial is then left to be resumed.
        """
        self._sweep = sweep
        self._trial = sweep.trial(trial_id)
        self._compiled_runs = compiled_runs
        self._spec = spec
        self._objective = Objective.of(spec.objective)
        self._status = StatusWriter(self._trial, gpu=spec.resources_per_trial.gpu)
        self._configs = ConfigSteps.read(self._trial, self._status.status)
        self._plan = evaluation_plan(
            self._configs.last, spec.training, recorded=self._status.status.total_evaluations
        )
        self._is_terminating = is_terminating
        self._progress = Progress(sweep, self._status, is_terminating=is_terminating)
        self._has_evaluated = False
        self._evaluations: tuple[Evaluation, ...] = ()
        self._costs: dict[str, float] = {}
        self._run: TrainingRun | None = None
        self._loggers: Loggers | None = None

    def close(self) -> None:
        """Leave the trial: it has ended or is paused, or this process goes on with another one."""
        if self._loggers is not None:
            self._loggers.close()

    def next_evaluation(self) -> Outcome:
        """Train to the next evaluation and evaluate; return early where a stop is requested."""
        self._status.restart_clock()
        try:
            return self._advance()
        except Exception as error:
            memory = memory_cause(error)
            if memory is not None:
                raise MemoryError(memory) from error
            cause = outside_cause(error)
            if cause is None:
                raise
            return self._leave(cause)

    def _advance(self) -> Outcome:
        """Do the work of `next_evaluation`, and record errors that the trial itself is the cause of."""
        try:
            if self._trial.stop_request.exists():
                return self._end_early()
            run = self._run or self._open()
            run, training = self._train(run, self._plan.step_of(self._next_number()))
            return self._stop(run) if training is None else self._evaluate(run, training)
        except StopRequestedError:
            return self._interrupt(run)
        except SweepboxError as error:
            if outside_cause(error) is not None or memory_cause(error) is not None:
                raise
            self._status.fail(error)
            return Outcome(TrialState.FAILED)
        except Exception as error:
            if outside_cause(error) is None:
                self._status.record_error(error)
            raise

    def _train(self, run: "TrainingRun", target: int) -> "tuple[TrainingRun, TrainingSummary | None]":
        """Train to the step of the next evaluation, under another config where that is due.

        Returns:
            The run that trained last, and its training; None where a stop was requested before the step.
        """
        while True:
            index = self._configs.index_at(run.step, target=target)
            if self._configs.configs[index] != run.settings.config:
                run = self._change_config(run, self._configs.configs[index])
            end = self._configs.end_of(index, target=target)
            training = self._progress.train_to(run, end)
            if training is None or end == target:
                return run, training

    def _change_config(self, run: "TrainingRun", config: pb.TrainEvalPipelineConfig) -> "TrainingRun":
        """Return a run that continues another one under another config, from the saved state as a copy does.

        The configs may need different programs: the base config of a sweep can differ from its space.
        """
        logger.info("trial %s: its config changes at step %d", self._trial.id, run.step)
        if not self._trial.last.is_dir() or read_checkpoint_metadata(self._trial.last).step != run.step:
            run.save(self._trial.last)
        self._status.update(is_compiling=True)
        self._has_evaluated = False
        self._run = self._compiled_runs.run_for(replace(run.settings, config=config))
        self._run.restore(self._trial.last)
        return self._run

    def _next_number(self) -> int:
        """Return the number of the next evaluation; a stop can leave the run right at its step."""
        return self._status.status.first_evaluation + len(self._evaluations)

    def _open(self) -> "TrainingRun":
        """Return the trial's run: fresh, or as it was when its last process ended."""
        self._status.update(
            state=TrialState.RUNNING,
            started=self._status.status.started or time.time(),
            attempts=self._status.status.attempts + 1,
            host=socket.gethostname(),
            gpus=gpus_of_process(),
            error=None,
            is_compiling=True,
        )
        remove_temporary_folders(self._trial.path)
        seed, fold = self._status.status.seed, self._status.status.fold
        dataset = open_unchanged_data(self._sweep, self._spec)
        for config in self._configs.configs:
            check_weights(self._sweep, self._spec, config)
        settings = run_settings(
            self._sweep, self._trial, self._spec, self._configs.first, dataset, seed=seed, fold=fold
        )
        run = self._compiled_runs.run_for(settings)
        self._run = run
        self._costs = costs_of(self._sweep, self._configs.last.model.ssd, self._objective)
        record_provenance(
            self._trial,
            backend=self._spec.backend,
            precision=str(settings.precision),
            data_sha256=dataset.content_sha256(),
        )
        self._restore(run)
        weights = None if run.initial_weights is None else str(run.initial_weights)
        if weights is not None:
            logger.info("trial %s: %s", self._trial.id, weights)
        for note in run.record_notes:
            logger.warning("trial %s: %s", self._trial.id, note)
        reused = self._compiled_runs.reused
        self._status.update(step=run.step, compiled_run_reused=reused, initial_weights=weights)
        self._loggers = self._begin_logging(run)
        self._progress = Progress(
            self._sweep, self._status, self._loggers.log_steps, is_terminating=self._is_terminating
        )
        return run

    def _begin_logging(self, run: "TrainingRun") -> Loggers:
        trial = LoggedTrial(
            self._trial,
            metric=self._objective.metric,
            parameters=self._status.status.parameters,
            changes=read_changes(self._trial),
            step=run.step,
            sweep=self._spec.name,
            space=[parameter.name for parameter in Space.of(self._spec).parameters()],
        )
        return loggers_of(self._spec.loggers, trial)

    def _restore(self, run: "TrainingRun") -> None:
        """Restore the saved state, and drop evaluations that came after it."""
        if self._trial.last.is_dir():
            try:
                run.restore(self._trial.last)
            except (ModelError, TrainingError) as error:
                raise SweepError(f"{error}, or delete {self._trial.last} to begin the trial again") from error
        written = read_evaluations(self._trial, first=self._status.status.first_evaluation)
        self._evaluations = tuple(item for item in written if item.step <= run.step)
        self._check_complete(run.step)
        if self._trial.metrics.is_file():
            write_evaluations(self._trial, self._evaluations)
        if self._is_at_best(run):
            run.save_weights(self._trial.best)

    def _check_complete(self, step: int) -> None:
        """Raise SweepError where evaluations are lost that the saved state is past, and cannot make again."""
        lost = self._next_number()
        if step > 0 and self._plan.step_of(lost) < step:
            raise SweepError(
                f"{self._trial.metrics}: evaluation {lost} is lost, the saved state is at step {step}; restore "
                f"the file, or delete {self._trial.last} to begin the trial again"
            )

    def _evaluate(self, run: "TrainingRun", training: "TrainingSummary") -> Outcome:
        """Evaluate, then write the line, the state to resume from and the checkpoint, in this order.

        A thread writes weights and slots while the evaluation runs; all is on disk when this returns.
        If a crash interrupts this, the step of the saved state tells the next process which lines are valid,
        and it writes the best checkpoint again if that was missing.
        """
        finished = run.step >= self._status.status.total_steps
        with run.checkpoint(self._trial.path, state=not finished) as checkpoint:
            evaluation = self._measure(run, training)
            if not finished:
                checkpoint.publish_state(self._trial.last)
            if self._is_at_best(run):
                checkpoint.publish_weights(self._trial.best)
        state = TrialState.FINISHED if finished else TrialState.RUNNING
        weights = checkpoint.weights_fingerprint
        self._status.update(
            state=state, step=run.step, weights_fingerprint=weights
        )  # the time of writing counts, too
        return Outcome(state, evaluation, self._objective.value(evaluation.metrics))

    def _measure(self, run: "TrainingRun", training: "TrainingSummary") -> Evaluation:
        """Evaluate and write the line."""
        self._status.update(is_compiling=not self._has_evaluated)
        began = time.monotonic()
        metrics = {**run.evaluate(on_batch=self._progress.on_batch), **self._costs}
        self._has_evaluated = True
        evaluation_s = time.monotonic() - began
        self._objective.check(metrics)  # raises where the metric is missing, before anything is written
        evaluation = Evaluation(
            self._plan.number_at(run.step),
            run.step,
            time.time(),
            round(self._status.take_seconds(), 3),
            metrics,
            evaluation_s=round(evaluation_s, 3),
            images_per_s=round(training.images_per_s, 2),
            input_wait_fraction=round(training.input_wait_fraction, 4),
        )
        append_evaluation(self._trial, evaluation)
        if self._loggers is not None:
            self._loggers.log_evaluation(evaluation)
            self._loggers.log_pictures(run.step, run.pictures)
        self._evaluations = (*self._evaluations, evaluation)
        return evaluation

    def _is_at_best(self, run: "TrainingRun") -> bool:
        """Return whether the run is at the trial's best evaluation."""
        best = best_evaluation(self._trial.id, self._status.status.own(self._evaluations), self._objective)
        return best is not None and best.step == run.step

    def _leave(self, cause: str) -> Outcome:
        """Leave the trial to be resumed from its saved state, whether or not this can be written."""
        logger.warning("trial %s is left to be resumed: %s", self._trial.id, cause)
        with suppress(OSError):
            self._status.end(TrialState.INTERRUPTED, step=self._status.status.step)
        return Outcome(TrialState.INTERRUPTED, outside_cause=f"trial {self._trial.id}: {cause}")

    def _stop(self, run: "TrainingRun") -> Outcome:
        """End the trial, or leave it to be resumed, whichever is asked for."""
        return self._end_early() if self._trial.stop_request.exists() else self._interrupt(run)

    def _end_early(self) -> Outcome:
        """End the trial with the evaluations that it has, as a person asked for."""
        self._status.update(state=TrialState.STOPPED_EARLY, ended=time.time(), stopped_by_request=True)
        return Outcome(TrialState.STOPPED_EARLY)

    def _interrupt(self, run: "TrainingRun") -> Outcome:
        if run.step > 0:
            run.save(self._trial.last)
        self._status.end(TrialState.INTERRUPTED, step=run.step)
        return Outcome(TrialState.INTERRUPTED)
