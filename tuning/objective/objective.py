"""The objective of a sweep: a metric, its direction, and least values of other metrics."""

import difflib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sweepbox.detection.core.errors import SweepError, TrainingError
from sweepbox.detection.core.metric_names import own_name
from sweepbox.tuning.spec.schema import ObjectiveSpec

Metrics = Mapping[str, float]


class Mode(StrEnum):
    """Whether more or less of the metric is better."""

    MAX = "max"
    MIN = "min"


@dataclass(frozen=True)
class Objective:
    """Compares checkpoints by their metrics.

    A checkpoint that meets all constraints beats any that does not. Among those that do, the metric decides;
    among the others, the metric less the sum of the violations, so that a search is led towards feasible
    checkpoints. A metric that could not be measured is -1, as in pycocotools, and meets no constraint above it.

    Attributes:
        metric: The name of the metric.
        mode: Whether more or less of it is better.
        constraints: The least value of other metrics, by name.
    """

    metric: str
    mode: Mode
    constraints: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: ObjectiveSpec) -> "Objective":
        """Return a sweep file's objective; without a mode, a loss is minimised, any other metric maximised.

        A metric may be given by our name or the Object Detection API's; of two constraints on one metric the
        higher counts.
        """
        metric = own_name(spec.metric)
        inferred = Mode.MIN if metric.startswith("loss/") else Mode.MAX
        constraints: dict[str, float] = {}
        for name, least in spec.floors.items():
            constraints[own_name(name)] = max(least, constraints.get(own_name(name), least))
        return cls(metric=metric, mode=Mode(spec.mode or inferred), constraints=constraints)

    def value(self, metrics: Metrics) -> float:
        """Return the metric; TrainingError where it or a constrained metric is missing or not finite."""
        for name in (self.metric, *self.constraints):
            if name not in metrics:
                raise TrainingError(
                    f"the evaluation reports no {name!r}; it reports {', '.join(sorted(metrics))}"
                )
            if not math.isfinite(metrics[name]):
                raise TrainingError(f"the metric {name!r} is {metrics[name]}; it must be a finite number")
        return float(metrics[self.metric])

    def violation(self, metrics: Metrics) -> float:
        """Return the sum of what the constrained metrics lack; 0 where all constraints are met."""
        return sum(max(least - metrics[name], 0.0) for name, least in self.constraints.items())

    def score(self, metrics: Metrics) -> float:
        """Return the number that samplers and stopping rules compare, in the direction of `mode`."""
        value, penalty = self.value(metrics), self.violation(metrics)
        return value + (penalty if self.mode is Mode.MIN else -penalty)

    def oriented(self, score: float) -> float:
        """Return a score as a number of which more is better, whatever `mode` is."""
        return -score if self.mode is Mode.MIN else score

    def rank(self, metrics: Metrics) -> tuple[bool, float]:
        """Return a sort key: checkpoints that meet all constraints above the others, then by score."""
        return self.violation(metrics) == 0, self.oriented(self.score(metrics))

    def is_comparable(self, metrics: Metrics) -> bool:
        """Whether the metric and all constrained metrics are present and finite."""
        return all(math.isfinite(metrics.get(name, math.nan)) for name in (self.metric, *self.constraints))


def metric_problems(objective: Objective, known: Collection[str]) -> list[str]:
    """Return one line for each metric of the objective that is not `known`, the names of those reported."""
    asked = {
        "objective.metric": objective.metric,
        **{f"objective.floors.{name}": name for name in objective.constraints},
    }
    return [f"{key}: {_unknown_metric(name, known)}" for key, name in asked.items() if name not in known]


def check_metrics(objective: Objective, known: Collection[str]) -> None:
    """Raise SweepError where the objective names a metric that is not `known`, the names of those reported."""
    if problems := metric_problems(objective, known):
        raise SweepError("\n".join(problems))


def _unknown_metric(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"reported are {', '.join(known)}"
    return f"no evaluation reports {name!r}; {hint}"
