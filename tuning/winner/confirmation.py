"""The trials that train the finalists of a search again."""

from collections.abc import Collection

from sweepbox.tuning.schedule.rule import Action
from sweepbox.tuning.spec.confirm import ConfirmSpec
from sweepbox.tuning.storage.trial_record import Evaluation, TrialStatus
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.queue import TrialQueue
from sweepbox.tuning.winner.finalists import missing_runs, unfinished_runs

PATIENCE = 1_000_000
"""Their order does not matter: a worker takes a trial whose program it holds, where one waits."""


class ConfirmationTrials:
    """The finalists' trials, of which none is stopped early.

    They are ordinary trials of the sweep with folders of their own. All are made at once, so a sweep that was
    killed goes on with those that have not ended.

    Attributes:
        manager: The manager of all trials of the sweep.
    """

    def __init__(self, manager: TrialManager, confirm: ConfirmSpec) -> None:
        """Make the trials that are missing."""
        self.manager = manager
        for run in missing_runs(manager.records.snapshot(), confirm):
            manager.confirm(run.finalist.source, run.seed, run.fold)
        self._queue = TrialQueue(patience=PATIENCE)
        for trial_id in sorted(unfinished_runs(manager.records.snapshot(), confirm), key=int):
            self._queue.add(trial_id, manager.program(trial_id))

    def __len__(self) -> int:
        """Return how many trials wait to be run."""
        return len(self._queue)

    def next_trial(self, *, held: Collection[str] = (), elsewhere: Collection[str] = ()) -> str | None:
        """Return the id of a trial to run; None where all are handed out."""
        if not len(self._queue):
            return None
        trial_id = self._queue.take(held=held, elsewhere=elsewhere)
        self.manager.mark_running(trial_id)
        return trial_id

    def prepare_next(self) -> None:
        """Do nothing: all trials are made."""

    def report(self, trial_id: str, evaluation: Evaluation) -> Action:  # noqa: ARG002
        """Let the trial go on."""
        return Action.CONTINUE

    def close(self, trial_id: str, *, error: str | None = None) -> TrialStatus:
        """Close a trial that is not run any more, and return its status."""
        return self.manager.close(trial_id, error=error)

    def leave(self, trial_id: str) -> TrialStatus:
        """Leave a trial that is not run any more to be resumed, and return its status."""
        return self.manager.leave(trial_id)
