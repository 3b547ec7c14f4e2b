"""Short constructors of the values that a parameter may take."""

from collections.abc import Iterable

from sweepbox.tuning.spec.schema import Distribution, Scalar


def uniform(low: float, high: float, *, step: float | None = None) -> Distribution:
    """Return the real numbers from `low` to `high`, all equally likely; only `low` plus multiples of a `step`.

    Raises:
        SweepError: `low` is not below `high`, or `step` is not above 0.

    Example:
        >>> sb.uniform(1.0, 2.5).uniform
        [1.0, 2.5]
    """
    return Distribution(uniform=[low, high], step=step)


def log_uniform(low: float, high: float) -> Distribution:
    """Return the real numbers from `low` to `high`, their logarithms all equally likely.

    Raises:
        SweepError: `low` is not below `high`, or not above 0.

    Example:
        >>> sb.log_uniform(1e-4, 1e-2).kind
        'log_uniform'
    """
    return Distribution(log_uniform=[low, high])


def integer(low: int, high: int, *, step: int | None = None) -> Distribution:
    """Return the whole numbers from `low` to `high`, both included, in steps of `step` (1 by default).

    Raises:
        SweepError: `low` is not below `high`, or `step` is below 1.

    Example:
        >>> sb.integer(2, 8, step=2).step
        2
    """
    return Distribution(integer=[low, high], step=step)


def log_integer(low: int, high: int) -> Distribution:
    """Return the whole numbers from `low` to `high`, both included, their logarithms all equally likely.

    Raises:
        SweepError: `low` is not below `high`, or not above 0.

    Example:
        >>> sb.log_integer(100, 10_000).kind
        'log_integer'
    """
    return Distribution(log_integer=[low, high])


def when(distribution: Distribution, **conditions: Scalar | list[Scalar]) -> Distribution:
    """Return a distribution of a parameter that exists only where other parameters have these values.

    A parameter whose key is no Python name is given by `Distribution(when={...})`.

    Example:
        >>> sb.when(sb.uniform(0.8, 0.99), optimizer="momentum_optimizer").when
        {'optimizer': 'momentum_optimizer'}
    """
    return distribution.model_copy(update={"when": {**(distribution.when or {}), **conditions}})


def choice(values: Iterable[Scalar]) -> Distribution:
    """Return a choice of numbers, texts, or True and False.

    Raises:
        SweepError: There is no value, or one is listed twice.

    Example:
        >>> sb.choice([4, 8]).choice
        [4, 8]
    """
    return Distribution(choice=list(values))
