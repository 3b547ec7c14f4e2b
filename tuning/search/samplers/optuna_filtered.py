"""Optuna's samplers that take the parameters which all finished trials have, without conditional ones.

A conditional parameter can be in all finished trials by chance; it would be modelled until a trial lacks it.
"""

from collections.abc import Collection
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import GPSampler, NSGAIISampler
from optuna.study import Study
from optuna.trial import FrozenTrial


class FilteredNSGAIISampler(NSGAIISampler):
    """NSGA-II that crosses the modelled parameters only."""

    def __init__(self, *, modelled: Collection[str], **options: Any) -> None:
        super().__init__(**options)
        self._modelled = frozenset(modelled)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return the modelled parameters after the first finished trial, none before it."""
        return _only(self._modelled, super().infer_relative_search_space(study, trial))


class FilteredGPSampler(GPSampler):
    """A Gaussian process over the modelled parameters only."""

    def __init__(self, *, modelled: Collection[str], **options: Any) -> None:
        super().__init__(**options)
        self._modelled = frozenset(modelled)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return the modelled parameters after the first finished trial, none before it."""
        return _only(self._modelled, super().infer_relative_search_space(study, trial))


def _only(modelled: frozenset[str], found: dict[str, BaseDistribution]) -> dict[str, BaseDistribution]:
    return {name: distribution for name, distribution in found.items() if name in modelled}
