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
        trial: The folder of the trial.
        status: The status as it was written last.
    """

    def __init__(self, trial: TrialFolder, *, gpu: float = 0.0) -> None:
        """Read the status; the trial holds the share `gpu` of a GPU."""
        self.trial = trial
        self._gpu = gpu
        self._clock = time.monotonic()
        self._counted_s = 0.0
        self.status: TrialStatus = read_status(trial)

    def update(self, **changes: Any) -> None:
        """Change fields of the status, count the time since it was written last, and write it."""
        self._count(time.monotonic())
        self.status = replace(self.status, **changes)
        write_status(self.trial, self.status)

    def _count(self, now: float) -> None:
        """Add the time since the clock was started or read, less what of it was added before."""
        seconds = now - self._clock - self._counted_s
        self._counted_s += seconds
        before = self.status
        held = before.seconds * self._gpu if before.gpu_seconds is None else before.gpu_seconds
        self.status = replace(before, seconds=before.seconds + seconds, gpu_seconds=held + seconds * self._gpu)

    def end(self, state: TrialState, *, step: int) -> None:
        """Write the state in which the trial leaves this process, and the time spent on it."""
        self.update(state=state, step=step, is_compiling=False)

    def fail(self, error: SweepboxError) -> None:
        """Write that the trial failed, and drop the state to resume from."""
        self.record_error(error)
        self.update(state=TrialState.FAILED, ended=time.time(), is_compiling=False)
        shutil.rmtree(self.trial.last, ignore_errors=True)

    def record_error(self, error: Exception) -> None:
        """Write an error's first line to the status and its traceback beside it."""
        line = (str(error).splitlines() or [type(error).__name__])[0]
        self.trial.traceback.write_text("".join(traceback.format_exception(error)))
        self.update(error=line if isinstance(error, SweepboxError) else f"{type(error).__name__}: {line}")

    def restart_clock(self) -> None:
        """Start counting the seconds of the trial; those since the status was written last do not count."""
        self._clock, self._counted_s = time.monotonic(), 0.0

    def take_seconds(self) -> float:
        """Return the seconds since the clock was started or read last, and restart it."""
        now = time.monotonic()
        self._count(now)
        seconds, self._clock, self._counted_s = now - self._clock, now, 0.0
        return seconds
