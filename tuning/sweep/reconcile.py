"""Bringing study and folders of a sweep in agreement after its last process ended, in whatever way."""

from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.closing import TrialCloser
from sweepbox.tuning.sweep.new_trials import TrialFactory, trial_id_of
from sweepbox.tuning.sweep.records import TrialRecords
from sweepbox.tuning.sweep.study import SweepStudy


def reconcile(
    folder: SweepFolder, records: TrialRecords, study: SweepStudy, factory: TrialFactory, closer: TrialCloser
) -> list[str]:
    """Close what was left open; return the ids of the trials that are to be run, in their order.

    A paused trial is not among them: it waits for the stopping rule.
    """
    _restore_missing(records, study)
    _recreate_missing(folder, study, factory)
    unfinished = set(study.unfinished())
    for name in records.ids:
        if records[name].state.has_ended and int(name) in unfinished:
            closer.settle(name)
        if records[name].state.has_ended:
            closer.complete_duplicates(name)
    return sorted((name for name in records.ids if _is_to_run(records, name)), key=int)


def _restore_missing(records: TrialRecords, study: SweepStudy) -> None:
    """Add to the study the trials that only the folders have."""
    for name in records.ids:
        if int(name) >= len(study):
            status = records[name].status
            study.restore(int(name), status.parameters)
            study.describe(int(name), {"trial": name, "fingerprint": status.fingerprint})


def _recreate_missing(folder: SweepFolder, study: SweepStudy, factory: TrialFactory) -> None:
    """Make the folders of the trials that only the study has."""
    for number in study.unfinished():
        if folder.trial(trial_id_of(number)).status.is_file():
            continue
        suggestion = study.repeat(number)
        if suggestion is None:
            study.tell(number, TrialState.FAILED, None)
        else:
            factory.create(number, *suggestion)


def _is_to_run(records: TrialRecords, name: str) -> bool:
    status = records[name].status
    waits = status.state is TrialState.PAUSED or status.duplicate_of is not None
    return not status.state.has_ended and not waits
