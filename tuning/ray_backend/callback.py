"""Keeps the book in step with what Ray reports."""

import logging
import time
from typing import Any

from ray.tune import Callback

from sweepbox.tuning.ray_backend.trainable import TRIAL_KEY
from sweepbox.tuning.ray_backend.trial_source import BookSearcher
from sweepbox.tuning.sweep.manager import TrialBook

WRITE_INTERVAL_S = 1.0
"""How long, at least, the study's file stays as it is; trials that begin and end meanwhile are written once."""

logger = logging.getLogger(__name__)


class BookCallback(Callback):  # type: ignore[misc]
    """Passes evaluations on, closes trials that Ray has ended, and has the study's file written."""

    def __init__(self, book: TrialBook, searcher: BookSearcher) -> None:
        """Take the book and what hands its trials out."""
        self._book = book
        self._searcher = searcher
        self._written = 0.0

    def __getstate__(self) -> dict[str, Any]:
        """Keep the book out of Ray's own notes."""
        return {}

    def on_step_end(self, **_info: Any) -> None:
        """Have the study's file written while all places are busy: no trial waits for it to start."""
        now = time.monotonic()
        if now - self._written >= WRITE_INTERVAL_S and not self._searcher.has_free_place:
            self._book.write_study_behind()
            self._written = time.monotonic()

    def on_trial_result(self, *, trial: Any, **_info: Any) -> None:
        """Pass an evaluation on to the study."""
        self._book.record_evaluation(trial.config[TRIAL_KEY])

    def on_trial_complete(self, *, trial: Any, **_info: Any) -> None:
        """Close a trial that ended by itself or was stopped early."""
        status = self._book.close(trial.config[TRIAL_KEY])
        reason = f": {status.error}" if status.error else ""
        logger.info("trial %s %s%s", trial.config[TRIAL_KEY], status.state, reason)

    def on_trial_error(self, *, trial: Any, **_info: Any) -> None:
        """Close a trial whose process died or whose code failed."""
        status = self._book.close(trial.config[TRIAL_KEY], error=_error_line(trial))
        logger.error("trial %s failed: %s", trial.config[TRIAL_KEY], status.error)


def _error_line(trial: Any) -> str:
    """Return the last line that Ray keeps of a trial's error."""
    error = trial.get_pickled_error() if hasattr(trial, "get_pickled_error") else None
    lines = [line.strip() for line in str(error or "").splitlines() if line.strip()]
    return lines[-1] if lines else "the trial's process died"
