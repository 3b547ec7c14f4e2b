"""Perturbing the parameters of a trial for a copy of it, as population-based training does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sweepbox.detection.config.edits import Edit
from sweepbox.detection.core.seeds import generator
from sweepbox.tuning.search.feasibility import RandomDraw
from sweepbox.tuning.search.replay import Replay
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import Scalar

FACTORS = (0.8, 1.2)
"""What a number is multiplied by."""

RESAMPLE_PROBABILITY = 0.25
"""How often a parameter is drawn anew instead."""

MOST_ATTEMPTS = 100
"""How often parameters are perturbed until they are feasible."""


@dataclass(frozen=True)
class Perturbed:
    """Perturbed parameters, and the edits of the base config that set them."""

    parameters: Mapping[str, Scalar]
    edits: tuple[Edit, ...]


def perturb(
    space: Space,
    parameters: Mapping[str, Scalar],
    *,
    seed: int,
    is_feasible: Callable[[Sequence[Edit]], bool] = lambda _edits: True,
) -> Perturbed:
    """Return parameters near those of a trial: pure, for equal seeds equal.

    A number is multiplied by 0.8 or 1.2, then moved to the nearest allowed value, a whole one by one step at
    least; of choices a neighbour of the last one is taken. The values stay in the space: at the end of a range
    they may stay as they are. A quarter of the parameters is drawn anew, as are those that the trial has not,
    and those whose value is not in the space. What `is_feasible` refuses is perturbed in another way; where it
    refuses all, the trial's own parameters are returned.
    """
    for attempt in range(MOST_ATTEMPTS):
        suggestion = _Perturbation(parameters, RandomDraw(generator(seed, "perturbation", attempt)))
        edits = space.suggest(suggestion)
        if is_feasible(edits):
            return Perturbed(suggestion.values, edits)
    return Perturbed(dict(parameters), space.suggest(Replay(parameters)))


@dataclass
class _Perturbation:
    """Stands in for an Optuna trial: suggests values near earlier ones."""

    earlier: Mapping[str, Any]
    random: RandomDraw
    values: dict[str, Scalar] = field(default_factory=dict)

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Return a real number in [low, high]."""
        if self._is_drawn_anew(is_known=self._is_in(name, low, high)):
            value = self.random.suggest_float(name, low, high, step=step, log=log)
        elif step is None:
            value = float(min(max(self.earlier[name] * self._factor(), low), high))
        else:
            value = low + self._moved(self.earlier[name], low, high, step) * step
        self.values[name] = value
        return value

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Return a whole number in [low, high]."""
        if self._is_drawn_anew(is_known=self._is_in(name, low, high)):
            value = self.random.suggest_int(name, low, high, step=step, log=log)
        else:
            value = low + self._moved(self.earlier[name], low, high, step) * step
        self.values[name] = value
        return value

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return one of the choices."""
        if self._is_drawn_anew(is_known=self.earlier.get(name) in choices):
            value = self.random.suggest_categorical(name, choices)
        else:
            index = [*choices].index(self.earlier[name]) + (1 if self._factor() > 1 else -1)
            value = choices[min(max(index, 0), len(choices) - 1)]
        self.values[name] = value
        return value

    def _moved(self, value: float, low: float, high: float, step: float) -> int:
        """Return how many steps above the low end a stepped value moves to, if it can by one at least."""
        factor, before = self._factor(), round((value - low) / step)
        steps = round((value * factor - low) / step)
        if steps == before:
            steps += 1 if (factor > 1) == (value >= 0) else -1
        return min(max(steps, 0), round((high - low) / step))

    def _is_in(self, name: str, low: float, high: float) -> bool:
        return name in self.earlier and low <= self.earlier[name] <= high

    def _is_drawn_anew(self, *, is_known: bool) -> bool:
        return self.random.generator.random() < RESAMPLE_PROBABILITY or not is_known

    def _factor(self) -> float:
        return FACTORS[int(self.random.generator.integers(len(FACTORS)))]
