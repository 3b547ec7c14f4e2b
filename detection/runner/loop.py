"""A whole training run: evaluations, the best checkpoint, the log, interruption and resumption."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.checkpoint.folder import read_facts
from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.core.files import remove_temporary_folders
from sweepbox.detection.core.metric_names import metric_sets, reported_names
from sweepbox.detection.runner.folder import RunFolder
from sweepbox.detection.runner.initial_weights import WeightsReport
from sweepbox.detection.runner.profile import ProfileReport, RunProfile
from sweepbox.detection.runner.run import TrainingRun
from sweepbox.detection.runner.settings import RunSettings
from sweepbox.detection.training.best import is_better, metric_value
from sweepbox.detection.training.interrupt import Interrupted, deferred_interrupts
from sweepbox.detection.training.log import TENSORBOARD_FOLDER, TrainingLog
from sweepbox.detection.training.reports import EvaluationReport, StepReport, ValidationProgress

Report = WeightsReport | StepReport | ValidationProgress | EvaluationReport


@dataclass(frozen=True)
class TrainResult:
    """Where a run ended: its folder, its last metrics, its best checkpoint, and its profile if asked for."""

    directory: Path
    step: int
    metrics: dict[str, float]
    best_step: int
    best_metrics: dict[str, float]
    profile: ProfileReport | None = None


def train(
    settings: RunSettings,
    *,
    resume: bool = False,
    profile: bool = False,
    progress: Callable[[Report], None] | None = None,
) -> TrainResult:
    """Train to the end of the run and return how it went; see `detection.runner.folder` for what is written.

    `progress` is called when initial weights were loaded, and after every step, validation batch and
    evaluation. An evaluation follows every `evaluate_every` steps and the last one. With `resume` the run in
    the folder goes on to the same weights as without the interruption. Ctrl-C ends the current step, saves
    `last/` and raises Interrupted. With `profile` some steps are measured (see `detection.runner.profile`).
    Raises UsageError where the metric is unknown or the folder not empty or that of another run, and the errors
    of `TrainingRun`.
    """
    _check_metric(settings)
    folder = RunFolder(settings.directory)
    interval = settings.evaluation_interval
    if resume:
        folder.check_same_run(settings)
        remove_temporary_folders(folder.directory)
    else:
        folder.check_new()
    run = TrainingRun(settings)
    if profile:
        run.profile = RunProfile(folder.directory, folder.directory / TENSORBOARD_FOLDER)
    try:
        folder.write_settings(settings)
        if resume and folder.has_state:
            run.restore(folder.last)
        elif run.initial_weights is not None and progress is not None:
            progress(run.initial_weights)
        with TrainingLog(folder.directory, step=run.step) as log, deferred_interrupts() as check_interrupt:
            loop = _Loop(run, folder, log, progress or _ignore, check_interrupt)
            while run.step < run.total_steps or not run.metrics:
                loop.stretch(_steps_to_evaluation(run, interval))
    finally:
        run.close()
        if run.profile is not None:
            run.profile.close()
    best = read_facts(folder.best)
    report = run.profile.report(evaluation_interval=interval) if run.profile is not None else None
    return TrainResult(folder.directory, run.step, run.metrics, best.step, best.metrics, report)


@dataclass(frozen=True)
class _Loop:
    """What the stretches of a run share."""

    run: TrainingRun
    folder: RunFolder
    log: TrainingLog
    progress: Callable[[Report], None]
    check_interrupt: Callable[[], None]

    def stretch(self, steps: int) -> None:
        """Train some steps, evaluate, log, keep the checkpoints, which a thread writes during the evaluation.

        The state is published last, so that whatever cuts this short is done again by the resumed run.
        """
        try:
            summary = self.run.advance(steps, on_step=self._on_step)
        except Interrupted:
            self.run.save(self.folder.last)
            raise
        with self.run.checkpoint(self.folder.directory) as checkpoint:
            try:
                metrics = self.run.evaluate(on_batch=self._tell)
            except Interrupted:
                checkpoint.publish_state(self.folder.last)
                raise
            is_best = self._is_best(metrics)
            if is_best:
                checkpoint.publish_weights(self.folder.best)
            report = EvaluationReport(self.run.step, metrics, summary, is_best)
            self.log.add_evaluation(report)
            checkpoint.publish_state(self.folder.last)
        self._tell(report)

    def _on_step(self, report: StepReport) -> None:
        self.log.add_step(report)
        self._tell(report)

    def _tell(self, report: Report) -> None:
        """Report to the caller, and stop here if Ctrl-C was pressed."""
        self.progress(report)
        self.check_interrupt()

    def _is_best(self, metrics: dict[str, float]) -> bool:
        """Return whether these metrics beat those of the best checkpoint."""
        metric = self.run.settings.metric
        value = metric_value(metrics, metric, step=self.run.step)
        best = read_facts(self.folder.best).metrics[metric] if self.folder.best.is_dir() else None
        return is_better(metric, value, best)


def _steps_to_evaluation(run: TrainingRun, interval: int) -> int:
    """Return the steps to the next evaluation: 0 where one is due that an interruption prevented."""
    is_due = run.step > 0 and (run.step % interval == 0 or run.step >= run.total_steps)
    if is_due and not run.metrics:
        return 0
    return min(interval - run.step % interval, run.total_steps - run.step)


def _check_metric(settings: RunSettings) -> None:
    """Raise UsageError where no evaluation reports the metric that decides."""
    sets = metric_sets(settings.config.eval_config.metrics_set)
    known = reported_names(settings.label_map.names, sets)
    if settings.metric not in known:
        raise UsageError(f"metric {settings.metric!r} is not reported; choose one of {', '.join(known)}")


def _ignore(_report: Report) -> None:
    """Take no notice."""
