"""Optuna's trials in memory, without those of which nothing is known."""

from collections.abc import Container, Sequence

from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState, create_trial


class ObservedStorage(InMemoryStorage):
    """Keeps a number for every trial, and shows samplers those with parameters.

    Some of Optuna's samplers fail on a trial without parameters, and some keep numbers of earlier trials, which
    therefore do not change where a trial is missing.
    """

    def __init__(self) -> None:
        super().__init__()
        self._hidden: set[int] = set()

    def add_hidden(self, study_id: int, trial: FrozenTrial | None = None) -> None:
        """Take the next number for a trial without parameters; without a trial it counts as failed."""
        self._hidden.add(self.count(study_id))
        self.create_new_trial(study_id, trial or create_trial(state=TrialState.FAIL))

    def restart(self, trial_id: int) -> None:
        """Forget what was suggested for a running trial; its number stays."""
        before = self.get_trial(trial_id)
        fresh = create_trial(state=TrialState.RUNNING)
        fresh.number, fresh._trial_id = before.number, trial_id
        fresh.datetime_start = before.datetime_start
        self._set_trial(trial_id, fresh)

    def count(self, study_id: int) -> int:
        """Return the number of all trials."""
        return len(super().get_all_trials(study_id, deepcopy=False))

    def get_all_trials(
        self,
        study_id: int,
        deepcopy: bool = True,  # noqa: FBT001, FBT002 - Optuna's signature
        states: Container[TrialState] | None = None,
    ) -> list[FrozenTrial]:
        """Return the trials that are known, in any of `states`."""
        trials = super().get_all_trials(study_id, deepcopy, states)
        return [trial for trial in trials if trial.number not in self._hidden] if self._hidden else trials


class GivenStorage(InMemoryStorage):
    """A study of new trials, to be read only; adding thousands to Optuna's own storage copies each deeply."""

    def __init__(self, trials: Sequence[FrozenTrial]) -> None:
        """Take the trials, and number them."""
        super().__init__()
        for number, trial in enumerate(trials):
            trial.number = trial._trial_id = number
        self._given = trials

    def get_all_trials(
        self,
        study_id: int,  # noqa: ARG002
        deepcopy: bool = True,  # noqa: ARG002, FBT001, FBT002 - Optuna's signature
        states: Container[TrialState] | None = None,
    ) -> list[FrozenTrial]:
        """Return the trials in any of `states`."""
        return [trial for trial in self._given if states is None or trial.state in states]
