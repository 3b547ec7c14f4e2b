"""Suggesting a value of one parameter, and the ends of its range."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Protocol

from sweepbox.tuning.spec.schema import Distribution, Scalar

INNER_SHARES = (0.23606797, 0.5, 0.61803399)
"""Where between its ends a range is tried, as shares of its width."""


class TrialLike(Protocol):
    """An object that suggests values by name, such as an Optuna trial."""

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Return a real number in [low, high], a multiple of `step` above `low` where one is given."""

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Return a whole number in [low, high]."""

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return one of the choices."""


def suggest_value(trial: TrialLike, name: str, distribution: Distribution) -> Scalar:
    """Return the value that a trial suggests for a parameter; a choice of one is not suggested."""
    if distribution.choice is not None:
        chosen = (
            distribution.choice[0]
            if is_fixed(distribution)
            else trial.suggest_categorical(name, distribution.choice)
        )
        return _as_scalar(chosen)
    if distribution.integer is not None:
        step = int(distribution.step or 1)
        low, high = distribution.integer
        return trial.suggest_int(name, low, low + (high - low) // step * step, step=step)
    if distribution.log_integer is not None:
        return trial.suggest_int(name, *distribution.log_integer, log=True)
    if distribution.step is not None and distribution.uniform is not None:
        return trial.suggest_float(
            name, *_stepped(distribution.uniform, distribution.step), step=distribution.step
        )
    low_end, high_end = distribution.log_uniform or distribution.uniform or (0.0, 0.0)
    return trial.suggest_float(name, low_end, high_end, log=distribution.log_uniform is not None)


def is_fixed(distribution: Distribution) -> bool:
    """Return whether there is only one value: one choice, or a range shorter than its step."""
    numbers = distribution.integer or distribution.uniform
    if numbers is not None and distribution.step is not None:
        low, high = _stepped(numbers, distribution.step)
        return low == high
    return distribution.choice is not None and len(distribution.choice) == 1


def ends(distribution: Distribution) -> Sequence[Scalar]:
    """Return the ends of a range, or all choices."""
    if distribution.choice is not None:
        return distribution.choice
    numbers = (
        distribution.log_uniform or distribution.uniform or distribution.integer or distribution.log_integer
    )
    return numbers or ()


def between(low: float, high: float) -> list[float]:
    """Return some real numbers within a range."""
    return [low + (high - low) * share for share in INNER_SHARES]


def inner_values(distribution: Distribution) -> Sequence[Scalar]:
    """Return some values between the ends of a range, none of them whole if it is one of real numbers."""
    if distribution.choice is not None:
        return ()
    low, high = (float(end) for end in ends(distribution) if not isinstance(end, str))
    whole = distribution.integer is not None or distribution.log_integer is not None
    if not whole and distribution.step is None:
        return [value for value in between(low, high) if value != int(value)]
    step = distribution.step or 1
    count = int((high - low) / step)
    inner = sorted({low + step * index for index in (1, count // 2, count - 1) if 0 < index < count})
    return [int(value) for value in inner] if whole else inner


def _stepped(ends: Sequence[float], step: float) -> tuple[float, float]:
    """Return the ends of a range whose upper end is a step, computed in decimals: 0.3 is 3 times 0.1."""
    low, high, size = (Decimal(str(number)) for number in (*ends, step))
    return ends[0], float(low + (high - low) // size * size)


def _as_scalar(value: Any) -> Scalar:
    if not isinstance(value, bool | int | float | str):
        raise TypeError(f"{value!r} is no value of a config field")
    return value
