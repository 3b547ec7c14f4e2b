"""The records of a sweep's trials in the memory of its driver."""

from collections.abc import Sequence
from dataclasses import replace

from sweepbox.detection.config.change import Change
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.objective.ranking import Candidate
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import (
    Evaluation,
    TrialState,
    TrialStatus,
    read_results,
    read_status,
)
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.sweep.trial_result import TrialResult, read_trial


class TrialRecords:
    """The trials of a sweep, read from their folders once and then kept up to date by reports.

    Another thread may call `snapshot` at any time: a trial's record is replaced, never changed.
    """

    def __init__(self, folder: SweepFolder, spec: SweepSpec) -> None:
        self.folder = folder
        self.objective = Objective.of(spec.objective)
        self._spec = spec
        self._trials: dict[str, TrialResult] = {}
        self._originals: dict[tuple[str, int], list[str]] = {}
        self._duplicates: dict[str, list[str]] = {}
        self._checkpoints: set[str] = set()
        self._population = 0
        for trial in folder.trial_folders():
            self._insert(self._without_lost_original(read_trial(trial, self.objective)))
            if trial.best.is_dir():
                self._checkpoints.add(trial.id)

    def __len__(self) -> int:
        """Return the number of trials."""
        return len(self._trials)

    @property
    def population(self) -> int:
        """The number of trials that count to the sweep's number of trials."""
        return self._population

    def __getitem__(self, trial_id: str) -> TrialResult:
        """Return a trial's record."""
        return self._trials[trial_id]

    @property
    def ids(self) -> tuple[str, ...]:
        """The trials' ids, in the order in which they were added."""
        return tuple(self._trials)

    def add(self, trial_id: str, status: TrialStatus, changes: Sequence[Change]) -> None:
        """Add a new trial."""
        self._insert(TrialResult(trial_id, status, tuple(changes)))

    def update(self, trial_id: str, status: TrialStatus) -> None:
        """Replace a trial's status."""
        self._trials[trial_id] = replace(self._trials[trial_id], status=status)

    def add_evaluation(self, trial_id: str, evaluation: Evaluation) -> None:
        """Add a reported evaluation, in place of those that a crash undid.

        Where a report is missing before it (its process died after writing and before reporting), all are read
        from the trial's folder.
        """
        before = tuple(
            item for item in self._trials[trial_id].evaluations if item.evaluation < evaluation.evaluation
        )
        if len(before) == evaluation.evaluation - self._trials[trial_id].status.first_evaluation:
            self._set_evaluations(trial_id, (*before, evaluation))
        else:
            self.reload_evaluations(trial_id)

    def reload_evaluations(self, trial_id: str) -> None:
        """Read a trial's evaluations from its folder."""
        trial = self._trials[trial_id]
        self._set_evaluations(trial_id, read_results(self.folder.trial(trial_id), trial.status))

    def original(self, fingerprint: str, seed: int) -> str | None:
        """Return the first trial of this config and seed that did not fail, None where there is none."""
        same = self._originals.get((fingerprint, seed), ())
        return next((name for name in same if self._trials[name].state is not TrialState.FAILED), None)

    def waiting_duplicates(self, trial_id: str) -> list[str]:
        """Return the trials that equal a trial and still wait for its results."""
        return [name for name in self._duplicates.get(trial_id, ()) if not self._trials[name].state.has_ended]

    def keep_checkpoint(self, trial_id: str) -> None:
        """Record that a trial's best checkpoint is kept."""
        self._checkpoints.add(trial_id)

    def drop_checkpoint(self, trial_id: str) -> None:
        """Record that a trial's best checkpoint is removed."""
        self._checkpoints.discard(trial_id)

    @property
    def kept(self) -> tuple[Candidate, ...]:
        """The best evaluations whose checkpoints are kept."""
        bests = ((name, self._trials[name].best) for name in sorted(self._checkpoints))
        return tuple(Candidate(name, best.evaluation, best.metrics) for name, best in bests if best)

    def snapshot(self) -> SweepState:
        """Return the state of the sweep now; of running trials the progress is read from their folders."""
        trials = tuple(self._with_progress(trial) for trial in list(self._trials.values()))
        return SweepState(self.folder, self._spec, self.objective, running=True, trials=trials)

    def _with_progress(self, trial: TrialResult) -> TrialResult:
        """Return a trial with the progress that it wrote; only the driver records that a trial has ended."""
        makes_none = trial.state.has_ended or trial.state is TrialState.PAUSED
        if makes_none or trial.status.duplicate_of is not None:
            return trial
        status = read_status(self.folder.trial(trial.id))
        return replace(trial, status=replace(status, state=trial.state) if status.state.has_ended else status)

    def _without_lost_original(self, trial: TrialResult) -> TrialResult:
        """Return a trial, which is to be run itself where it waits for one that was dropped from the folder."""
        if trial.state.has_ended or trial.status.duplicate_of in (None, *self._trials):
            return trial
        return replace(trial, status=replace(trial.status, duplicate_of=None))

    def _insert(self, trial: TrialResult) -> None:
        self._trials[trial.id] = trial
        self._population += trial.status.is_planned
        original = trial.status.duplicate_of
        if trial.status.copied_from is not None or trial.status.is_confirmation:
            return  # it begins with other weights than an equal trial, or is not part of the search
        if original is not None:
            self._duplicates.setdefault(original, []).append(trial.id)
        else:
            self._originals.setdefault((trial.status.fingerprint, trial.status.seed), []).append(trial.id)

    def _set_evaluations(self, trial_id: str, evaluations: tuple[Evaluation, ...]) -> None:
        self._trials[trial_id] = self._trials[trial_id].with_evaluations(evaluations, self.objective)
