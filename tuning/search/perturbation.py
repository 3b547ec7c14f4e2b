"""Perturbing the parameters of a trial for a copy of it, as population-based training does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sweepbox.detection.config.edits import Edit
from sweepbox.detection.core.seeds import generator
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import Scalar

FACTORS = (0.8, 1.2)
"""What a number is multiplied by."""

RESAMPLE_PROBABILITY = 0.25
"""How often a parameter is drawn anew instead."""


@dataclass(frozen=True)
class Perturbed:
    """Perturbed parameters, and the edits of the base config that set them."""

    parameters: Mapping[str, Scalar]
    edits: tuple[Edit, ...]


def perturb(space: Space, parameters: Mapping[str, Scalar], *, seed: int) -> Perturbed:
    """Return parameters near those of a trial: pure, for equal seeds equal.

    A number is multiplied by 0.8 or 1.2, then moved to the nearest allowed value, a whole one by one step at
    least; of choices a neighbour of the last one is taken. The values stay in the space: at the end of a range
    they may stay as they are. A quarter of the parameters is drawn anew, as are those that the trial has not,
    and those whose value is not in the space.
    """
    suggestion = _Perturbation(parameters, generator(seed, "perturbation"))
    edits = space.suggest(suggestion)
    return Perturbed(dict(suggestion.values), edits)


@dataclass
class _Perturbation:
    """Stands in for an Optuna trial: suggests values near earlier ones."""

    earlier: Mapping[str, Any]
    draw: np.random.Generator
    values: dict[str, Scalar] = field(default_factory=dict)

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Return a real number in [low, high]."""
        if self._is_drawn_anew(is_known=self._is_in(name, low, high)):
            value = _uniform(self.draw, low, high, log=log)
        else:
            value = self.earlier[name] * self._factor()
        if step is not None:
            value = low + round((value - low) / step) * step
        kept = float(min(max(value, low), high))
        self.values[name] = kept
        return kept

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Return a whole number in [low, high]."""
        if self._is_drawn_anew(is_known=self._is_in(name, low, high)):
            value = _uniform(self.draw, low - 0.5 * step * (not log), high + 0.5 * step * (not log), log=log)
            steps = round((value - low) / step)
        else:
            factor, before = self._factor(), round((self.earlier[name] - low) / step)
            steps = round((self.earlier[name] * factor - low) / step)
            if steps == before:
                steps += 1 if (factor > 1) == (self.earlier[name] >= 0) else -1
        kept = low + min(max(steps, 0), (high - low) // step) * step
        self.values[name] = kept
        return kept

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return one of the choices."""
        if self._is_drawn_anew(is_known=self.earlier.get(name) in choices):
            index = int(self.draw.integers(len(choices)))
        else:
            index = [*choices].index(self.earlier[name]) + (1 if self.draw.random() < 0.5 else -1)
        kept = choices[min(max(index, 0), len(choices) - 1)]
        self.values[name] = kept
        return kept

    def _is_in(self, name: str, low: float, high: float) -> bool:
        return name in self.earlier and low <= self.earlier[name] <= high

    def _is_drawn_anew(self, *, is_known: bool) -> bool:
        return self.draw.random() < RESAMPLE_PROBABILITY or not is_known

    def _factor(self) -> float:
        return FACTORS[int(self.draw.integers(len(FACTORS)))]


def _uniform(draw: np.random.Generator, low: float, high: float, *, log: bool) -> float:
    if log:
        return float(np.exp(draw.uniform(np.log(low), np.log(high))))
    return float(draw.uniform(low, high))
