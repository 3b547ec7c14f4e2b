"""What `sweepbox train` shows: a progress bar, a line for each evaluation, a table at the end."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress, TextColumn

from sweepbox.detection.checkpoint.object_based import RestoreSummary
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.model.weights import WeightsSummary
from sweepbox.detection.runner.length import LengthReport
from sweepbox.detection.runner.loop import Report, TrainResult
from sweepbox.detection.training.reports import (
    EvaluationReport,
    RecordsReport,
    StepReport,
    ValidationProgress,
)
from sweepbox.scripts.class_table import class_table
from sweepbox.scripts.progress import progress_columns

LOSSES = ("total", "localization", "classification", "regularization")


class TrainDisplay:
    """Shows the progress of a run; use it in a `with` block."""

    def __init__(self, console: Console, *, total_steps: int, metric: str) -> None:
        self._metric = metric
        self._console = console
        self._progress = Progress(
            *progress_columns(TextColumn("{task.fields[detail]}", markup=False)),
            console=console,
            transient=True,
        )
        self._steps = self._progress.add_task("training", total=total_steps, detail="compiling …")
        self._images = self._progress.add_task("evaluating", total=1, detail="", visible=False)

    def __enter__(self) -> Self:
        """Start to draw."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing."""
        self._progress.stop()

    def show(self, report: Report) -> None:
        """Show one report."""
        match report:
            case StepReport():
                self._progress.update(self._steps, completed=report.step)
                if report.losses:
                    detail = f"loss {report.losses['total']:.3f}  {report.images_per_s:.1f} images/s"
                    self._progress.update(self._steps, detail=detail)
            case ValidationProgress():
                is_running = report.images < report.total
                self._progress.update(
                    self._images, completed=report.images, total=report.total, visible=is_running
                )
            case EvaluationReport():
                self._console.print(self._line(report), highlight=False, soft_wrap=True)
            case RecordsReport() | RestoreSummary() | WeightsSummary() | LengthReport():
                self._console.print(str(report), highlight=False, markup=False, soft_wrap=True)

    def _line(self, report: EvaluationReport) -> str:
        """Return the line that stays of an evaluation."""
        training = report.training
        loss = f"  loss {training.losses['total']:.3f}" if training.losses else ""
        return (
            f"step {report.step}{loss}  validation loss {report.metrics['loss/total']:.3f}  {self._metric} "
            f"{report.metrics[self._metric]:.4f}{'  (best)' if report.is_best else ''}  "
            f"{training.images_per_s:.1f} images/s, {training.input_wait_fraction:.0%} waiting for input"
        )


def print_result(console: Console, result: TrainResult, *, metric: str, label_map: LabelMap) -> None:
    """Print the metrics of the best checkpoint, with each class's average precision."""
    metrics = result.best_metrics
    best = f"best checkpoint: {result.directory / 'best'}, step {result.best_step}, by {metric}"
    console.print(best, highlight=False, soft_wrap=True)
    console.print(class_table(metrics, label_map))
    losses = ", ".join(f"{name} {metrics[f'loss/{name}']:.4f}" for name in LOSSES)
    console.print(f"validation loss: {losses}", highlight=False, soft_wrap=True)
