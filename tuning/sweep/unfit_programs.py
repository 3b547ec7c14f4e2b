"""The programs of a sweep that do not fit into memory, as its trials show."""

from sweepbox.tuning.storage.memory_record import read_memory
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.records import TrialRecords


def unfit_programs(records: TrialRecords) -> frozenset[str]:
    """Return the ids of programs that were found too large, and with which no trial has finished."""
    statuses = [records[name].status for name in records.ids]
    infeasible = {status.compile_key for status in statuses if status.infeasible and status.out_of_memory}
    finished = {status.compile_key for status in statuses if status.state is TrialState.FINISHED}
    record = read_memory(records.folder)
    measured = set() if record is None else {item.program for item in record.programs if item.error is not None}
    return frozenset(name for name in (infeasible | measured) - finished if name is not None)
