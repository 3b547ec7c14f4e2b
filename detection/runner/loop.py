"""The training loop: evaluations, the best checkpoint, the log, interruption and resumption."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.checkpoint.folder import read_checkpoint_metadata
from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.core.evaluation_plan import EvaluationPlan
from sweepbox.detection.core.files import remove_temporary_folders
from sweepbox.detection.core.links import check_links
from sweepbox.detection.core.metric_names import metric_sets, reported_names
from sweepbox.detection.runner.folder import RunFolder
from sweepbox.detection.runner.initial_weights import WeightsReport
from sweepbox.detection.runner.length import LengthReport
from sweepbox.detection.runner.profile import ProfileReport, RunProfile
from sweepbox.detection.runner.run import TrainingRun
from sweepbox.detection.runner.settings import RunSettings
from sweepbox.detection.training.best import is_better, metric_value
from sweepbox.detection.training.interrupt import Interrupted, deferred_interrupts
from sweepbox.detection.training.log import TENSORBOARD_FOLDER, TrainingLog
from sweepbox.detection.training.reports import EvaluationReport, RecordsReport, StepReport, ValidationProgress

Report = RecordsReport | WeightsReport | LengthReport | StepReport | ValidationProgress | EvaluationReport


@dataclass(frozen=True)
class TrainResult:
    """The result of a run.

    Attributes:
        directory: The folder of the run.
        step: The number of trained steps.
        metrics: The metrics of the last evaluation.
        best_step: The step of the best checkpoint.
        best_metrics: The metrics of the best checkpoint.
        profile: The profile, if it was requested.
    """

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
    """Train a detector to the end of the run.

    The model is evaluated every `evaluate_every` steps and after the last one, by default ten times. The files
    that are written are listed in `detection.runner.folder`. Ctrl-C finishes the current step, saves `last/`
    and raises Interrupted.

    Args:
        settings: The settings of the run.
        resume: Resume the run in the folder; it ends with the same weights as without the interruption. With
            another `num_steps` it continues from its weights, slots and step under the schedule of that length.
        profile: Measure some of the steps; see `detection.runner.profile`.
        progress: Called if objects of the records are dropped, after the initial weights are loaded, if the
            length changes, and after every step, validation batch and evaluation.

    Raises:
        UsageError: The metric is unknown, or the folder is not empty, belongs to another run or has a symbolic
            link that leads out of it.
        ConfigError, DataError, ModelError: See `TrainingRun`.
        TrainingError: A loss or the metric is not finite, or the state to resume from does not match.
        Interrupted: Ctrl-C was pressed.
    """
    _check_metric(settings)
    folder = RunFolder(settings.directory)
    plan = settings.evaluation_plan
    length = folder.check_same_run(settings) if resume else None
    if resume:
        check_links(folder.directory)
        remove_temporary_folders(folder.directory)
    else:
        folder.check_new()
    run = TrainingRun(settings)
    if profile:
        run.profile = RunProfile(folder.directory, folder.directory / TENSORBOARD_FOLDER)
    try:
        is_restored = resume and folder.has_state
        if is_restored:
            run.restore(folder.last)
        folder.write_settings(settings)
        initial = None if is_restored else run.initial_weights
        for note in (RecordsReport(run.record_notes) if run.record_notes else None, initial, length):
            if note is not None and progress is not None:
                progress(note)
        log = TrainingLog(folder.directory, step=run.step)
        with deferred_interrupts() as check_interrupt:
            loop = _Loop(run, folder, log, progress or _ignore, check_interrupt)
            while run.step < run.total_steps or not run.metrics:
                loop.train_and_evaluate(_steps_to_evaluation(run, plan))
    finally:
        run.close()
        if run.profile is not None:
            run.profile.close()
    best = read_checkpoint_metadata(folder.best)
    report = run.profile.report(evaluation_interval=plan.step_of(1)) if run.profile is not None else None
    return TrainResult(folder.directory, run.step, run.metrics, best.step, best.metrics, report)


@dataclass(frozen=True)
class _Loop:
    """The parts that every evaluation interval uses."""

    run: TrainingRun
    folder: RunFolder
    log: TrainingLog
    progress: Callable[[Report], None]
    check_interrupt: Callable[[], None]

    def train_and_evaluate(self, steps: int) -> None:
        """Train some steps, evaluate, log and save checkpoints, which are written during the evaluation.

        The state is published last, so that a resumed run repeats everything after the last published state.
        """
        try:
            summary = self.run.advance(steps, on_step=self._on_step)
        except Interrupted:
            self.run.save(self.folder.last)
            raise
        with self.run.checkpoint(self.folder.directory) as checkpoint:
            try:
                metrics = self.run.evaluate(on_batch=self._notify)
            except Interrupted:
                checkpoint.publish_state(self.folder.last)
                raise
            is_best = self._is_best(metrics)
            if is_best:
                checkpoint.publish_weights(self.folder.best)
            report = EvaluationReport(self.run.step, metrics, summary, is_best, self.run.pictures())
            self.log.add_evaluation(report)
            checkpoint.publish_state(self.folder.last)
        self._notify(report)

    def _on_step(self, report: StepReport) -> None:
        self.log.add_step(report)
        self._notify(report)

    def _notify(self, report: Report) -> None:
        """Call `progress`, then raise Interrupted if Ctrl-C was pressed."""
        self.progress(report)
        self.check_interrupt()

    def _is_best(self, metrics: dict[str, float]) -> bool:
        """Return whether these metrics are better than those of the best checkpoint."""
        metric = self.run.settings.metric
        value = metric_value(metrics, metric, step=self.run.step)
        best = read_checkpoint_metadata(self.folder.best).metrics[metric] if self.folder.best.is_dir() else None
        return is_better(metric, value, best)


def _steps_to_evaluation(run: TrainingRun, plan: EvaluationPlan) -> int:
    """Return the number of steps to the next evaluation; 0 if an interruption prevented one that is due."""
    is_due = run.step > 0 and plan.next_step(run.step - 1) == run.step
    if is_due and not run.metrics:
        return 0
    return plan.next_step(run.step) - run.step


def _check_metric(settings: RunSettings) -> None:
    """Raise UsageError if evaluations do not report the metric that selects the best checkpoint."""
    sets = metric_sets(settings.config.eval_config.metrics_set)
    known = reported_names(settings.label_map.names, sets)
    if settings.metric not in known:
        raise UsageError(f"metric {settings.metric!r} is not reported; choose one of {', '.join(known)}")


def _ignore(_report: Report) -> None:
    """Do nothing."""
