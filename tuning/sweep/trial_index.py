"""What the driver remembers of every trial, so that a new trial costs the same however many came before it."""

from dataclasses import dataclass, field

from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.objective.ranking import Candidate
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState, TrialStatus, read_evaluations, read_status
from sweepbox.tuning.trial.best_evaluation import best_evaluation


@dataclass
class TrialIndex:
    """The trials of a sweep by what is asked of them; filled from the folders once, then kept up to date.

    Trials that run write their own folders, so nothing here is said of how far a trial that has not ended is.
    """

    folder: SweepFolder
    objective: Objective
    _statuses: dict[str, TrialStatus] = field(default_factory=dict)
    _originals: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    _duplicates: dict[str, list[str]] = field(default_factory=dict)
    _kept: dict[str, Candidate] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: SweepFolder, objective: Objective) -> "TrialIndex":
        """Return the index of the trials that a sweep's folder holds."""
        index = cls(folder, objective)
        for trial in folder.trial_folders():
            index.add(trial.id, read_status(trial))
            if trial.best.is_dir():
                index.keep_best(trial.id)
        return index

    def __len__(self) -> int:
        """Return the number of trials."""
        return len(self._statuses)

    @property
    def ids(self) -> tuple[str, ...]:
        """The trials' ids, in the order in which they were added."""
        return tuple(self._statuses)

    def __getitem__(self, trial_id: str) -> TrialStatus:
        """Return a trial's status as it was last told here."""
        return self._statuses[trial_id]

    def add(self, trial_id: str, status: TrialStatus) -> None:
        """Take in a new trial."""
        self._statuses[trial_id] = status
        if status.duplicate_of is not None:
            self._duplicates.setdefault(status.duplicate_of, []).append(trial_id)
        else:
            self._originals.setdefault((status.fingerprint, status.seed), []).append(trial_id)

    def update(self, trial_id: str, status: TrialStatus) -> None:
        """Take in how a known trial stands."""
        self._statuses[trial_id] = status

    def original(self, fingerprint: str, seed: int) -> str | None:
        """Return the first trial of this config and seed that did not fail, None where there is none."""
        same = self._originals.get((fingerprint, seed), ())
        return next((name for name in same if self._statuses[name].state is not TrialState.FAILED), None)

    def waiting_duplicates(self, trial_id: str) -> list[str]:
        """Return the trials that equal a trial and still wait for its results."""
        return [name for name in self._duplicates.get(trial_id, ()) if not self._statuses[name].state.has_ended]

    def keep_best(self, trial_id: str) -> None:
        """Take note of a trial's best evaluation, whose checkpoint is kept."""
        best = best_evaluation(trial_id, read_evaluations(self.folder.trial(trial_id)), self.objective)
        if best is not None:
            self._kept[trial_id] = Candidate(trial_id, best.evaluation, best.metrics)

    def drop_best(self, trial_id: str) -> None:
        """Take note that a trial's checkpoint is gone."""
        del self._kept[trial_id]

    @property
    def kept(self) -> tuple[Candidate, ...]:
        """The best evaluations whose checkpoints are kept."""
        return tuple(self._kept.values())
