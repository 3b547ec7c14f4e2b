"""Keeps the trial manager informed of what Ray reports."""

import logging
import time
from collections.abc import Callable
from typing import Any

from ray.tune import Callback

from sweepbox.detection.core.errors import SweepboxError
from sweepbox.tuning.ray_backend.failures import error_of, failure_of
from sweepbox.tuning.ray_backend.halt import Halt
from sweepbox.tuning.ray_backend.hang_watch import HangWatch
from sweepbox.tuning.ray_backend.machines import Machines
from sweepbox.tuning.ray_backend.retries import Cause, Failure, Retries
from sweepbox.tuning.ray_backend.trainable import MANIFEST, OUTSIDE_CAUSE, RECORD, TRIAL_KEY, UNSAVED
from sweepbox.tuning.ray_backend.trial_source import TrialSource
from sweepbox.tuning.ray_backend.watch import RayWatch
from sweepbox.tuning.storage.remote.driver import SweepDriver
from sweepbox.tuning.storage.trial_record import TrialStatus, parse_evaluation
from sweepbox.tuning.sweep.running import RunnableTrials
from sweepbox.tuning.trial.outside_cause import outside_cause

WRITE_INTERVAL_S = 1.0
"""The least time between two writes of the study's file; all that changes meanwhile is written at once."""

NO_EFFECT = "settings without effect"
"""Why a sweep stops whose trials come to equal weights."""

logger = logging.getLogger(__name__)


class ManagerCallback(Callback):  # type: ignore[misc]  # Ray has no types
    """Passes evaluations on, closes trials that Ray has ended, and has the study's file written."""

    def __init__(
        self,
        trials: RunnableTrials,
        source: TrialSource,
        *,
        watch: RayWatch,
        halt: Halt,
        check_ready: Callable[[], None],
        machines: Machines,
        hangs: HangWatch,
        store: SweepDriver | None = None,
    ) -> None:
        """Keep the manager informed.

        Args:
            trials: The trials.
            source: What hands them out.
            watch: Detects that Ray has died.
            halt: Stops the sweep.
            check_ready: Raises where no trial can run; called when a trial's process has died.
            machines: Tells what became of the machines of trials.
            hangs: Ends trials that make no progress.
            store: Keeps the store of a sweep on a URI up to date.
        """
        self._trials = trials
        self._machines = machines
        self._hangs = hangs
        self._retries = Retries()
        self._halt = halt
        self._check_ready = check_ready
        self._source = source
        self._store = store
        self._watch = watch
        self._written = 0.0

    def __getstate__(self) -> dict[str, Any]:
        """Keep the manager out of Ray's own checkpoints."""
        return {}

    def on_step_end(self, **_info: Any) -> None:
        """Write the study's file while all workers are busy, so that no trial waits for it to start.

        Stop the sweep where settings of trials have not acted.
        """
        if self._trials.manager.effect_error is not None:
            self._halt.request(NO_EFFECT)
        self._hangs.check()
        now = time.monotonic()
        if now - self._written >= WRITE_INTERVAL_S and not self._source.has_free_worker:
            self._trials.manager.write_study_in_background()
            self._written = time.monotonic()

    def on_trial_start(self, *, trial: Any, **_info: Any) -> None:
        """Follow a trial whose process is there."""
        trial_id = trial.config[TRIAL_KEY]
        self._source.started(trial_id)
        self._machines.started(trial_id, trial.temporary_state.ray_actor)
        self._hangs.started(trial_id)

    def on_trial_result(self, *, trial: Any, result: dict[str, Any], **_info: Any) -> None:
        """Record the evaluation that a trial reports."""
        self._receive(trial, result)
        if RECORD in result:
            self._trials.manager.record_evaluation(trial.config[TRIAL_KEY], parse_evaluation(result[RECORD]))

    def on_trial_complete(self, *, trial: Any, **_info: Any) -> None:
        """Close a trial that ended by itself, was stopped early or is paused; leave one that cannot go on."""
        self._hangs.ended(trial.config[TRIAL_KEY])
        cause = (trial.last_result or {}).get(OUTSIDE_CAUSE)
        if cause is not None:
            self._leave(trial, cause)
            return
        status = self._close(trial)
        reason = f": {status.error}" if status.error else ""
        logger.info("trial %s %s%s", trial.config[TRIAL_KEY], status.state, reason)

    def on_trial_error(self, *, trial: Any, **_info: Any) -> None:
        """Have a trial whose process died or whose code failed run again, or close it.

        It is left where no trial can run. RayDeathError if Ray itself has died.
        """
        self._watch.check(patience_s=0)
        trial_id, error = trial.config[TRIAL_KEY], error_of(trial)
        if self._store is not None:
            self._store.recover(trial_id)
        failure = self._failure_of(trial_id, error)
        is_memory = failure.cause is Cause.MEMORY
        outside = None if is_memory else self._outside_cause(error)
        if outside is not None:
            self._leave(trial, outside)
        elif self._runs_again(trial_id, failure):
            logger.warning("trial %s goes on from its saved state: %s", trial_id, failure.line)
            self._source.retry(trial_id)
        else:
            status = self._close(trial, error=failure.line)
            logger.error("trial %s failed: %s", trial_id, status.error)

    def _failure_of(self, trial_id: str, error: BaseException | None) -> Failure:
        hang = self._hangs.ended(trial_id)
        if hang is not None:
            return Failure(Cause.HANG, hang)
        is_gone = self._machines.is_gone(trial_id)
        was_killed = not is_gone and self._machines.killed_for_memory(trial_id)
        return failure_of(error, machine_is_gone=is_gone, was_killed_for_memory=was_killed)

    def _runs_again(self, trial_id: str, failure: Failure) -> bool:
        """Return whether a trial that failed is run again; that it ran out of memory is recorded."""
        if failure.cause is Cause.MEMORY:
            return not self._trials.manager.out_of_memory(trial_id, failure.line).infeasible
        return self._retries.allows(trial_id, failure.cause)

    def _receive(self, trial: Any, result: dict[str, Any]) -> None:
        """Bring the driver's folder up to date with what a worker on another machine has written.

        The text is dropped: Ray would keep that of every trial.
        """
        for told in (result, trial.last_result or {}):
            text = told.pop(MANIFEST, None)
            unsaved_s = told.pop(UNSAVED, 0.0)
            if text is not None and self._store is not None:
                self._store.receive(text, unsaved_s=unsaved_s)

    def _close(self, trial: Any, *, error: str | None = None) -> TrialStatus:
        status = self._trials.close(trial.config[TRIAL_KEY], error=error)
        if self._store is not None:
            self._store.let_go(trial.config[TRIAL_KEY])
        return status

    def _leave(self, trial: Any, cause: str) -> None:
        """Leave a trial to be resumed, and stop the sweep."""
        self._trials.leave(trial.config[TRIAL_KEY])
        logger.error("trial %s is left to be resumed: %s", trial.config[TRIAL_KEY], cause)
        self._halt.stop(cause)

    def _outside_cause(self, error: BaseException | None) -> str | None:
        """Return why no trial can run, where that may have ended one with this error."""
        if error is not None and (cause := outside_cause(error)) is not None:
            return cause
        try:
            self._check_ready()
        except (OSError, SweepboxError) as problem:
            return outside_cause(problem) or str(problem)
        return None
