"""Optuna's TPE sampler at a cost that stops growing with the number of trials.

TPE tells good trials from all others. The good ones are at most `MOST_GOOD`, whatever the number of trials. Of
the others Optuna takes each one for each suggestion, and weighs the older ones less; here the oldest are
left out where there are many.

What is used of Optuna and is not public, held by `tests/tuning/search/test_optuna_tpe.py`: the method
`_get_trials` of a study, by which its samplers ask for trials, and the order by which TPE finds good ones.
"""

import heapq
import math
from collections.abc import Container
from typing import Any
from weakref import WeakKeyDictionary

from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

MOST_ENDED = 1000
"""How many ended trials a suggestion is fitted to. Sweeps of fewer trials are not affected."""
MOST_GOOD = 25
"""How many trials Optuna takes for good at most."""


class WindowedTPESampler(TPESampler):
    """TPE that is fitted to the good trials, the latest others and all that run; made for one suggestion."""

    _window: Any = None

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return the parameters of the trials that it is fitted to."""
        return super().infer_relative_search_space(self._windowed(study), trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return values for parameters that are modelled jointly."""
        return super().sample_relative(self._windowed(study), trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return a value for one parameter."""
        return super().sample_independent(self._windowed(study), trial, param_name, param_distribution)

    def _windowed(self, study: Study) -> Any:
        """Return a study of few trials, or of several scores, as it is; else one that shows some of its trials.

        With several scores which trials are good depends on all of them.
        """
        if self._window is None:
            window = None if study._is_multi_objective() else _Window(study)
            self._window = window if window is not None and window.is_needed else study
        return self._window


_ORDERS: WeakKeyDictionary[Study, dict[int, tuple[float, ...]]] = WeakKeyDictionary()
"""What the ended trials of each study are ordered by, by their numbers; an ended trial does not change."""


class _Window:
    """A study, during one suggestion, that shows a sampler the trials that matter."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._sign = -1.0 if study.direction is StudyDirection.MAXIMIZE else 1.0
        ended = study._get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
        self.is_needed = len(ended) > MOST_ENDED
        self._trials = self._shown(ended) if self.is_needed else []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def _get_trials(
        self,
        deepcopy: bool = True,  # noqa: ARG002, FBT001, FBT002 - Optuna's signature; samplers ask for no copies
        states: Container[TrialState] | None = None,
        use_cache: bool = False,  # noqa: ARG002, FBT001, FBT002
    ) -> list[FrozenTrial]:
        return [trial for trial in self._trials if states is None or trial.state in states]

    def _shown(self, ended: list[FrozenTrial]) -> list[FrozenTrial]:
        """Return the good trials, the latest others and those that have not ended, in the order of numbers."""
        orders = _ORDERS.setdefault(self._study, {})
        for trial in ended:
            if trial.number not in orders:
                orders[trial.number] = self._order(trial)
        good = set(heapq.nsmallest(MOST_GOOD, [trial.number for trial in ended], key=orders.__getitem__))
        others = [trial.number for trial in ended if trial.number not in good]
        left_out = set(others[: MOST_GOOD - MOST_ENDED])
        return [trial for trial in self._study._get_trials(deepcopy=False) if trial.number not in left_out]

    def _order(self, trial: FrozenTrial) -> tuple[float, ...]:
        """Return what Optuna orders ended trials by: finished before pruned, the infeasible last."""
        violation = sum(excess for excess in trial.constraints.values() if excess > 0)
        if violation > 0:
            return (2.0, violation)
        if trial.state is TrialState.COMPLETE:
            return (0.0, self._sign * (trial.value or 0.0))
        if not trial.intermediate_values:
            return (1.0, 1.0)
        step, value = max(trial.intermediate_values.items())
        return (1.0, -step, math.inf if math.isnan(value) else self._sign * value)
