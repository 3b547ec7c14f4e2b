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


class StopRequestedError(Exception):
    """The sweep, the trial or its process is asked to stop."""


class Progress:
    """Trains a run in stretches; in between it writes the trial's progress every few seconds.

    `on_report` is called with each report; `is_terminating` says whether the process was asked to end.
    """

    def __init__(
        self,
        sweep: SweepFolder,
        status: StatusWriter,
        on_report: "Callable[[StepReport], None]" = lambda _: None,
        *,
        is_terminating: Callable[[], bool] = lambda: False,
    ) -> None:
        self._sweep = sweep
        self._status = status
        self._on_report = on_report
        self._is_terminating = is_terminating
        self._next_write = time.monotonic() + PROGRESS_S
        self._loss: float | None = None

    def train_to(self, run: "TrainingRun", step: int) -> "TrainingSummary | None":
        """Train to a step; return None where a stop is requested before it."""
        if self._is_to_stop():
            return None
        try:
            return run.advance(step - run.step, on_step=self._on_step)
        except StopRequestedError:
            return None

    def _on_step(self, report: "StepReport") -> None:
        self._loss = report.losses.get("total", self._loss)
        self._on_report(report)
        if self._is_terminating():
            raise StopRequestedError
        if not self._is_due():
            return
        self._status.update(
            step=report.step, loss=self._loss, images_per_s=round(report.images_per_s, 2), is_compiling=False
        )
        if self._is_to_stop():
            raise StopRequestedError

    def on_batch(self, _progress: object) -> None:
        """Write that an evaluation goes on; StopRequestedError where the process is asked to end."""
        if self._is_terminating():
            raise StopRequestedError
        if self._is_due():
            self._status.update(is_compiling=False)

    def _is_due(self) -> bool:
        """Return whether progress is to be written: every few seconds, and once a program has compiled."""
        now = time.monotonic()
        if now < self._next_write and not self._status.status.is_compiling:
            return False
        self._next_write = now + PROGRESS_S
        return True

    def _is_to_stop(self) -> bool:
        """Return whether the sweep or this trial is asked to stop."""
        is_asked = self._sweep.stop_request.exists() or self._status.trial.stop_request.exists()
        return is_asked or self._is_terminating()
