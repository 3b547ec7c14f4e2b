"""The programs of a sweep that do not fit into memory, as its trials show."""

from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.records import TrialRecords


def unfit_programs(records: TrialRecords) -> frozenset[str]:
    """Return the ids of the programs with which a trial was infeasible and none has finished."""
    statuses = [records[name].status for name in records.ids]
    infeasible = {status.compile_key for status in statuses if status.infeasible and status.out_of_memory}
    finished = {status.compile_key for status in statuses if status.state is TrialState.FINISHED}
    return frozenset(name for name in infeasible - finished if name is not None)
