"""Keeps the trial manager informed of what Ray reports."""

import logging
import time
from typing import Any

from ray.tune import Callback

from sweepbox.tuning.ray_backend.trainable import RECORD, TRIAL_KEY
from sweepbox.tuning.ray_backend.trial_source import TrialSource
from sweepbox.tuning.ray_backend.watch import RayWatch
from sweepbox.tuning.storage.trial_record import parse_evaluation
from sweepbox.tuning.sweep.stopping import ScheduledTrials

WRITE_INTERVAL_S = 1.0
"""The least time between two writes of the study's file; all that changes meanwhile is written at once."""

logger = logging.getLogger(__name__)


class ManagerCallback(Callback):  # type: ignore[misc]  # Ray has no types
    """Passes evaluations on, closes trials that Ray has ended, and has the study's file written."""

    def __init__(self, trials: ScheduledTrials, source: TrialSource, watch: RayWatch) -> None:
        self._trials = trials
        self._source = source
        self._watch = watch
        self._written = 0.0

    def __getstate__(self) -> dict[str, Any]:
        """Keep the manager out of Ray's own checkpoints."""
        return {}

    def on_step_end(self, **_info: Any) -> None:
        """Write the study's file while all workers are busy, so that no trial waits for it to start."""
        now = time.monotonic()
        if now - self._written >= WRITE_INTERVAL_S and not self._source.has_free_worker:
            self._trials.manager.write_study_in_background()
            self._written = time.monotonic()

    def on_trial_result(self, *, trial: Any, result: dict[str, Any], **_info: Any) -> None:
        """Record the evaluation that a trial reports."""
        if RECORD in result:
            self._trials.manager.record_evaluation(trial.config[TRIAL_KEY], parse_evaluation(result[RECORD]))

    def on_trial_complete(self, *, trial: Any, **_info: Any) -> None:
        """Close a trial that ended by itself, was stopped early or is paused."""
        status = self._trials.close(trial.config[TRIAL_KEY])
        reason = f": {status.error}" if status.error else ""
        logger.info("trial %s %s%s", trial.config[TRIAL_KEY], status.state, reason)

    def on_trial_error(self, *, trial: Any, **_info: Any) -> None:
        """Close a trial whose process died or whose code failed; RayDeathError if Ray itself has died."""
        self._watch.check(patience_s=0)
        status = self._trials.close(trial.config[TRIAL_KEY], error=_error_line(trial))
        logger.error("trial %s failed: %s", trial.config[TRIAL_KEY], status.error)


def _error_line(trial: Any) -> str:
    """Return the last line that Ray keeps of a trial's error."""
    error = trial.get_pickled_error() if hasattr(trial, "get_pickled_error") else None
    lines = [line.strip() for line in str(error or "").splitlines() if line.strip()]
    return lines[-1] if lines else "the trial's process died"
