"""The parameters of a space as Optuna's distributions."""

from collections.abc import Collection

from optuna.distributions import BaseDistribution

from sweepbox.tuning.search.distributions import ends, suggest_value
from sweepbox.tuning.search.replay import Replay
from sweepbox.tuning.search.space import Parameter, Space


def distributions_of(space: Space, names: Collection[str]) -> dict[str, BaseDistribution]:
    """Return the distributions of the parameters in `names` as suggesting them makes them, sorted by name."""
    chosen = {parameter.name: parameter for parameter in space.parameters() if parameter.name in names}
    return {name: distribution_of(chosen[name]) for name in sorted(chosen)}


def distribution_of(parameter: Parameter) -> BaseDistribution:
    """Return a parameter's distribution."""
    replay = Replay({parameter.name: ends(parameter.distribution)[0]})
    suggest_value(replay, parameter.name, parameter.distribution)
    return replay.distributions[parameter.name]
