"""Training to the next evaluation, with progress written and requests to stop obeyed."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.trial.status_writer import StatusWriter

if TYPE_CHECKING:
    from sweepbox.detection.runner import TrainingRun
    from sweepbox.detection.training.reports import StepReport, TrainingSummary

PROGRESS_S = 3.0
"""About how often, in seconds, a trial writes its progress and checks for a request to stop."""


class _StopRequestedError(Exception):
    """The sweep or the trial is asked to stop."""


class Progress:
    """Trains a run in stretches; in between it writes the trial's progress every few seconds.

    `on_report` is called with each report.
    """

    def __init__(
        self,
        sweep: SweepFolder,
        status: StatusWriter,
        on_report: "Callable[[StepReport], None]" = lambda _: None,
    ) -> None:
        self._sweep = sweep
        self._status = status
        self._on_report = on_report
        self._next_write = time.monotonic() + PROGRESS_S
        self._loss: float | None = None

    def train_to(self, run: "TrainingRun", step: int) -> "TrainingSummary | None":
        """Train to a step; return None where a stop is requested before it."""
        if self._is_to_stop():
            return None
        try:
            return run.advance(step - run.step, on_step=self._on_step)
        except _StopRequestedError:
            return None

    def _on_step(self, report: "StepReport") -> None:
        self._loss = report.losses.get("total", self._loss)
        self._on_report(report)
        now = time.monotonic()
        if now < self._next_write:
            return
        self._next_write = now + PROGRESS_S
        self._status.update(step=report.step, loss=self._loss, images_per_s=round(report.images_per_s, 2))
        if self._is_to_stop():
            raise _StopRequestedError

    def _is_to_stop(self) -> bool:
        """Return whether the sweep or this trial is asked to stop."""
        return self._sweep.stop_request.exists() or self._status.trial.stop_request.exists()
