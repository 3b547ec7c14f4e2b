"""The parameters of an earlier trial, as if they were suggested again."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sweepbox.tuning.search.space import Space

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


def distributions_of(parameters: Mapping[str, Any], space: Space) -> "dict[str, BaseDistribution]":
    """Return the distribution of each parameter; ValueError where they are not exactly those of a space."""
    replay = Replay(parameters)
    space.suggest(replay)
    if replay.distributions.keys() != parameters.keys():
        raise ValueError("parameters that the space does not have")
    return replay.distributions


def is_in_space(parameters: Mapping[str, Any], space: Space) -> bool:
    """Return whether a space could suggest these parameters."""
    from optuna.trial import create_trial

    try:
        create_trial(value=0.0, params=dict(parameters), distributions=distributions_of(parameters, space))
    except (ValueError, TypeError):
        return False
    return True


class Replay:
    """Stands in for an Optuna trial: returns the values that were suggested and keeps their distributions.

    ValueError where a value is missing; whether it lies in its distribution is not checked.
    """

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._parameters = parameters
        self.distributions: dict[str, BaseDistribution] = {}

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Return the real number that was suggested."""
        from optuna.distributions import FloatDistribution

        return float(self._value(name, FloatDistribution(low, high, step=step, log=log)))

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Return the whole number that was suggested."""
        from optuna.distributions import IntDistribution

        return int(self._value(name, IntDistribution(low, high, step=step, log=log)))

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return the choice that was suggested."""
        from optuna.distributions import CategoricalDistribution

        return self._value(name, CategoricalDistribution(choices))

    def _value(self, name: str, distribution: "BaseDistribution") -> Any:
        if name not in self._parameters:
            raise ValueError(f"no value of {name}")
        self.distributions[name] = distribution
        return self._parameters[name]
