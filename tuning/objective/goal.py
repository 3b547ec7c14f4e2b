"""A goal of the objective: a metric, a weighted sum of metrics, or the worst class, and its direction."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sweepbox.detection.core.errors import TrainingError
from sweepbox.detection.core.metric_names import UNDEFINED, own_name

Metrics = Mapping[str, float]
LATENCY = "latency_ms"
"""The only cost that is measured; the others are computed."""
COSTS = (LATENCY, "gflop", "parameters")
"""Metrics of the cost of a detector, the same at all evaluations of a trial; less is better."""


class Mode(StrEnum):
    """Whether more or less of the metric is better."""

    MAX = "max"
    MIN = "min"

    @classmethod
    def of_metric(cls, name: str) -> "Mode":
        """Return the direction of a metric: a loss or a cost is minimised, any other maximised."""
        return cls.MIN if name.startswith("loss/") or name in COSTS else cls.MAX


@dataclass(frozen=True)
class Goal:
    """Something to maximise or minimise.

    Attributes:
        label: Its name in tables: that of the metric, the sum, or the worst class.
        mode: Whether more or less is better.
        weights: The weight of each metric; one metric of weight 1 for a plain metric.
        worst_of: A kind of metric per class (`AP@.50`), of which the lowest counts; then there are no weights.
    """

    label: str
    mode: Mode
    weights: Mapping[str, float]
    worst_of: str | None = None

    @classmethod
    def metric(cls, name: str, mode: Mode | None = None) -> "Goal":
        """Return the goal of one metric, by our name or the Object Detection API's."""
        own = own_name(name)
        return cls(own, mode or Mode.of_metric(own), {own: 1.0})

    @classmethod
    def weighted(cls, weights: Mapping[str, float], mode: Mode | None = None) -> "Goal":
        """Return the goal of a weighted sum; all weights are divided by their sum."""
        own = {own_name(name): weight for name, weight in weights.items()}
        total = sum(own.values())
        label = " + ".join(f"{weight / total:.3g} {name}" for name, weight in own.items())
        inferred = Mode.of_metric(next(iter(own)))
        return cls(label, mode or inferred, {name: weight / total for name, weight in own.items()})

    @classmethod
    def worst_class(cls, kind: str) -> "Goal":
        """Return the goal of the class with the lowest metric of a kind, `AP` or `AP@.50`."""
        return cls(f"worst {kind}", Mode.MAX, {}, worst_of=kind)

    def value(self, metrics: Metrics) -> float:
        """Return the goal's value; TrainingError where a metric of it is missing or not finite.

        A class that the evaluation's pictures do not show (-1) is left out of the worst class.
        """
        if self.worst_of is not None:
            return self._lowest(metrics)
        for name in self.weights:
            check_metric(name, metrics)
        return float(sum(weight * metrics[name] for name, weight in self.weights.items()))

    def is_comparable(self, metrics: Metrics) -> bool:
        """Return whether all metrics of the goal are present and finite."""
        names = self.weights or self._classes(metrics)
        return bool(names) and all(math.isfinite(metrics.get(name, math.nan)) for name in names)

    def oriented(self, metrics: Metrics) -> float:
        """Return the value as a number of which more is better."""
        value = self.value(metrics)
        return -value if self.mode is Mode.MIN else value

    def _lowest(self, metrics: Metrics) -> float:
        names = self._classes(metrics)
        if not names:
            raise TrainingError(f"the evaluation reports no {self.worst_of!r} of a class")
        for name in names:
            check_metric(name, metrics)
        measured = [metrics[name] for name in names if metrics[name] != UNDEFINED]
        return float(min(measured, default=UNDEFINED))

    def _classes(self, metrics: Metrics) -> tuple[str, ...]:
        return tuple(name for name in metrics if name.startswith(f"{self.worst_of}/"))


def check_metric(name: str, metrics: Metrics) -> None:
    """Raise TrainingError where a metric is missing or not finite."""
    if name not in metrics:
        raise TrainingError(f"the evaluation reports no {name!r}; it reports {', '.join(sorted(metrics))}")
    if not math.isfinite(metrics[name]):
        raise TrainingError(f"the metric {name!r} is {metrics[name]}; it must be a finite number")
