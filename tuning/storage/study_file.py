"""The study as a SQLite file, for optuna-dashboard and for the next process: a copy of the study in memory.

Every change of the file is a transaction, which takes longer than all that the driver does for a trial
otherwise. So trials are written whole, some time after they changed; what a crash keeps from the file is in the
trials' folders.
"""

import warnings
from typing import TYPE_CHECKING, Literal

from sweepbox.tuning.objective.objective import Mode, Objective
from sweepbox.tuning.storage.folder import SweepFolder

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

LOCK_TIMEOUT_S = 60


class StudyFile:
    """The sweep's `study.sqlite3`: an Optuna study that only the process that runs the sweep writes to."""

    def __init__(self, folder: SweepFolder, name: str, objective: Objective) -> None:
        """Open the file, or make it."""
        import optuna
        from optuna.exceptions import ExperimentalWarning
        from optuna.storages import RDBStorage

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.direction: Literal["maximize", "minimize"] = (
            "maximize" if objective.mode is Mode.MAX else "minimize"
        )
        self._storage = RDBStorage(
            f"sqlite:///{folder.study.resolve()}", engine_kwargs={"connect_args": {"timeout": LOCK_TIMEOUT_S}}
        )
        study = optuna.create_study(
            storage=self._storage, study_name=name, direction=self.direction, load_if_exists=True
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            study.set_metric_names([objective.metric])
        self._study_id = study._study_id
        self._written = self._storage.get_all_trials(self._study_id)
        self._storage_ids = [trial._trial_id for trial in self._written]

    @property
    def trials(self) -> "tuple[FrozenTrial, ...]":
        """The trials as they stand in the file, in the order of their numbers."""
        return tuple(self._written)

    def write(self, trial: "FrozenTrial") -> None:
        """Bring one trial in the file in step with `trial`; those of lower numbers are there already."""
        if trial.number == len(self._written):
            self._storage_ids.append(self._storage.create_new_trial(self._study_id, template_trial=trial))
            self._written.append(trial)
            return
        before, storage_id = self._written[trial.number], self._storage_ids[trial.number]
        if before.state.is_finished():
            return
        for step, value in trial.intermediate_values.items():
            if step not in before.intermediate_values:
                self._storage.set_trial_intermediate_value(storage_id, step, value)
        for name, fact in trial.user_attrs.items():
            if name not in before.user_attrs:
                self._storage.set_trial_user_attr(storage_id, name, fact)
        if trial.state.is_finished():
            self._storage.set_trial_state_values(storage_id, trial.state, trial.values)
        self._written[trial.number] = trial
