"""Keeps a trial's state file up to date while the trial runs."""

import shutil
import time
import traceback
from dataclasses import replace
from typing import Any

from sweepbox.detection.core.errors import SweepboxError
from sweepbox.tuning.storage.folder import TrialFolder
from sweepbox.tuning.storage.trial_record import TrialState, TrialStatus, read_status, write_status


class StatusWriter:
    """The status of one trial, written at every change.

    Attributes:
        status: The status as it was written last.
    """

    def __init__(self, trial: TrialFolder) -> None:
        self._trial = trial
        self._clock = time.monotonic()
        self.status: TrialStatus = read_status(trial)

    def update(self, **changes: Any) -> None:
        """Change fields of the status and write it."""
        self.status = replace(self.status, **changes)
        write_status(self._trial, self.status)

    def end(self, state: TrialState, *, step: int) -> None:
        """Write the state in which the trial leaves this process, and the time spent on it."""
        self.update(state=state, step=step, seconds=self.status.seconds + self.take_seconds())

    def fail(self, error: SweepboxError) -> None:
        """Write that the trial failed, and drop the state to resume from."""
        self.record_error(error)
        seconds = self.status.seconds + self.take_seconds()
        self.update(state=TrialState.FAILED, ended=time.time(), seconds=seconds)
        shutil.rmtree(self._trial.last, ignore_errors=True)

    def record_error(self, error: Exception) -> None:
        """Write an error's first line to the status and its traceback beside it."""
        line = (str(error).splitlines() or [type(error).__name__])[0]
        self._trial.traceback.write_text("".join(traceback.format_exception(error)))
        self.update(error=line if isinstance(error, SweepboxError) else f"{type(error).__name__}: {line}")

    def restart_clock(self) -> None:
        """Start counting the seconds of `take_seconds`."""
        self._clock = time.monotonic()

    def take_seconds(self) -> float:
        """Return the seconds since the clock was started or read last, and restart it."""
        now = time.monotonic()
        seconds, self._clock = now - self._clock, now
        return seconds
