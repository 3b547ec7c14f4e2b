"""Every point of a discrete space once, in random order."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from sweepbox.tuning.search.samplers.sampler import SamplerContext, all_names
from sweepbox.tuning.search.space import Parameter, Space
from sweepbox.tuning.spec.schema import Scalar, SpecModel

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

MAX_POINTS = 10_000
"""The largest grid: all points are listed for each suggestion."""

Point = Mapping[str, Scalar]


class Grid(SpecModel):
    """Takes the points of a space of choices, whole numbers and stepped ranges, conditional ones included.

    A sweep has at most as many trials as the grid has points (`max_trials`).
    """

    uses_results: ClassVar[bool] = False
    several_objectives: ClassVar[bool] = True
    models: ClassVar[str] = "all parameters"

    def build(self, context: SamplerContext) -> "BaseSampler":
        """Return a sampler of the first point, in the order of the sweep's seed, that no trial has."""
        from sweepbox.tuning.search.samplers.optuna_grid import UntriedPointSampler

        return UntriedPointSampler(context, tuple(points_of(context.space)))

    def modelled(self, space: Space) -> frozenset[str]:
        """Return all names."""
        return all_names(space)

    def problems(self, space: Space) -> tuple[str, ...]:
        """Return a line for each range of real numbers, or one where there are too many points."""
        real = [
            f"space.{item.name}: grid takes choices, whole numbers and ranges with a step; give a `step` or "
            "`choice`, or use another sampler"
            for item in space.parameters()
            if _is_continuous(item)
        ]
        if not real and max_trials(self, space) is None:
            many = f"sampler.type: the grid has over {MAX_POINTS:,} points"
            return (f"{many}; give fewer choices, larger steps or another sampler",)
        return tuple(real)


def max_trials(sampler: object, space: Space) -> int | None:
    """Return the number of points of a grid; None for another sampler, and where the grid is too large."""
    if not isinstance(sampler, Grid):
        return None
    return number_of_points(space)


def number_of_points(space: Space) -> int | None:
    """Return the number of points of a discrete space; None for another one and where there are too many."""
    if any(_is_continuous(item) for item in space.parameters()):
        return None
    count = 0
    for _ in points_of(space):
        count += 1
        if count > MAX_POINTS:
            return None
    return count


def _is_continuous(parameter: Parameter) -> bool:
    known = parameter.distribution
    return known.log_uniform is not None or (known.uniform is not None and known.step is None)


def points_of(space: Space) -> Iterator[Point]:
    """Yield all points of a discrete space; the last parameter changes first."""
    places: list[int] | None = []
    while places is not None:
        walk = _Walk(places)
        space.suggest(walk)
        yield dict(walk.values)
        places = walk.next_places()


class _Walk:
    """Suggests for each parameter the option at its place, the first where no place is given."""

    def __init__(self, places: Sequence[int]) -> None:
        self._given = places
        self._places: list[int] = []
        self._sizes: list[int] = []
        self.values: dict[str, Any] = {}

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Return the multiple of the step at its place; TypeError without a step."""
        if step is None:
            raise TypeError(f"{name} is a range without a step, [{low}, {high}], log {log}")
        start, size = Decimal(str(low)), Decimal(str(step))
        steps = int((Decimal(str(high)) - start) // size)
        return float(self.suggest_categorical(name, [float(start + n * size) for n in range(steps + 1)]))

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:  # noqa: ARG002 - a trial's signature
        """Return the whole number at its place."""
        return int(self.suggest_categorical(name, range(low, high + 1, step)))

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return the choice at its place."""
        index = len(self._places)
        self._places.append(self._given[index] if index < len(self._given) else 0)
        self._sizes.append(len(choices))
        self.values[name] = choices[self._places[-1]]
        return self.values[name]

    def next_places(self) -> list[int] | None:
        """Return the places of the next point; None after the last."""
        for index in reversed(range(len(self._places))):
            if self._places[index] + 1 < self._sizes[index]:
                return [*self._places[:index], self._places[index] + 1]
        return None
