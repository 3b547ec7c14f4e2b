"""Closing what the last process of a sweep left open, in whatever way it ended."""

from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.closing import TrialCloser
from sweepbox.tuning.sweep.records import TrialRecords


def reconcile(records: TrialRecords, closer: TrialCloser) -> list[str]:
    """Settle the trials that have ended; return the ids of those that are to be run, in their order.

    A paused trial is not among them: it waits for the stopping rule. Nor is one that confirms a finalist: it is
    not part of the search.
    """
    for name in records.ids:
        if records[name].state.has_ended:
            closer.settle(name)
    return sorted((name for name in records.ids if _is_to_run(records, name)), key=int)


def _is_to_run(records: TrialRecords, name: str) -> bool:
    status = records[name].status
    waits = status.state is TrialState.PAUSED or status.duplicate_of is not None or status.is_confirmation
    return not status.state.has_ended and not waits
