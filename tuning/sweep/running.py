"""What the process of a sweep needs of the trials that it runs."""

from collections.abc import Collection
from typing import Protocol

from sweepbox.tuning.schedule.rule import Action
from sweepbox.tuning.storage.trial_record import Evaluation, TrialStatus
from sweepbox.tuning.sweep.manager import TrialManager


class RunnableTrials(Protocol):
    """Trials that are handed out, report and are closed: of the search, or to confirm its winner."""

    manager: TrialManager

    def next_trial(self, *, held: Collection[str] = (), elsewhere: Collection[str] = ()) -> str | None:
        """Return the id of a trial to run; None where none can start before another one reports or ends."""

    def prepare_next(self) -> None:
        """Make the next trial while all workers are busy, where waiting would not improve it."""

    def report(self, trial_id: str, evaluation: Evaluation) -> Action:
        """Return whether a trial that was evaluated continues, pauses or stops."""

    def close(self, trial_id: str, *, error: str | None = None) -> TrialStatus:
        """Close or pause a trial that is not run any more, and return its status."""

    def leave(self, trial_id: str) -> TrialStatus:
        """Leave a trial that is not run any more to be resumed, and return its status."""
