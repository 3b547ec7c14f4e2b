"""The trials of several sweeps as Optuna studies in memory, for optuna-dashboard in this process.

What is used of Optuna that is not public, and held by `tests/tuning/storage/test_study_memory.py`: the methods
`_set_trial` and `_check_study_id` and the fields `_lock`, `_studies` and `FrozenTrial._trial_id` of
`InMemoryStorage`; `METRIC_NAMES` as in `study_file.py`.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import optuna
from optuna.storages import InMemoryStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from sweepbox.tuning.storage.study_file import METRIC_NAMES, StudyTrial


class _Storage(InMemoryStorage):
    """Optuna's storage in memory, in which a trial can be replaced whatever its state."""

    def put(self, study_id: int, trial: FrozenTrial) -> None:
        """Add a trial of the next number, or replace the one of its number."""
        with self._lock:
            trials = self._studies[study_id].trials
            if trial.number == len(trials):
                self.create_new_trial(study_id, trial)
            else:
                trial._trial_id = trials[trial.number]._trial_id
                self._set_trial(trial._trial_id, trial)

    def get_best_trial(self, study_id: int) -> FrozenTrial:
        """Return the best completed trial now; the one that Optuna keeps may have been replaced since."""
        complete = self.get_all_trials(study_id, deepcopy=False, states=(TrialState.COMPLETE,))
        if not complete:
            raise ValueError("no trial is completed yet")
        [direction] = self.get_study_directions(study_id)
        sign = 1 if direction is StudyDirection.MAXIMIZE else -1
        return max(complete, key=lambda trial: sign * trial.values[0])


@dataclass
class _Study:
    study_id: int
    kind: tuple[tuple[str, ...], tuple[str, ...]]
    shown: dict[int, StudyTrial] = field(default_factory=dict)


class StudyMemory:
    """Keeps a study for each sweep in step with the records of its trials; `storage` is for readers."""

    def __init__(self) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.storage = _Storage()
        self._studies: dict[str, _Study] = {}

    def show(
        self,
        name: str,
        trials: Mapping[int, StudyTrial],
        *,
        metrics: Sequence[str],
        directions: Sequence[Literal["maximize", "minimize"]],
    ) -> None:
        """Bring a study in step with `trials`, by their numbers; a number without a trial counts as failed.

        A trial that is the same object as the last time is not touched. A study with other goals or fewer
        trials than before begins anew.
        """
        study = self._studies.get(name)
        kind = (tuple(metrics), tuple(directions))
        count = max(trials, default=-1) + 1
        if study is None or study.kind != kind or count < len(study.shown):
            self.drop(name)
            study = self._studies[name] = self._create(name, kind)
        for number in range(count):
            trial = trials.get(number, _MISSING)
            if study.shown.get(number) is not trial:
                self.storage.put(study.study_id, _frozen(trial, number))
                study.shown[number] = trial

    def drop(self, name: str) -> None:
        """Forget a study; nothing happens where there is none of this name."""
        study = self._studies.pop(name, None)
        if study is not None:
            self.storage.delete_study(study.study_id)

    def _create(self, name: str, kind: tuple[tuple[str, ...], tuple[str, ...]]) -> _Study:
        metrics, directions = kind
        optuna.create_study(
            storage=self.storage,
            study_name=name,
            directions=[StudyDirection[direction.upper()] for direction in directions],
        )
        study_id = self.storage.get_study_id_from_name(name)
        self.storage.set_study_system_attr(study_id, METRIC_NAMES, list(metrics))
        return _Study(study_id, kind)


_MISSING = StudyTrial(create_trial(state=TrialState.FAIL), {})
"""A trial whose folder is gone."""


def _frozen(item: StudyTrial, number: int) -> FrozenTrial:
    """Return a trial as Optuna's storage holds it."""
    trial = copy.copy(item.trial)
    trial.number = number
    trial.user_attrs = dict(item.metadata)
    began, ended = item.times
    trial.datetime_start, trial.datetime_complete = began, ended
    return trial
