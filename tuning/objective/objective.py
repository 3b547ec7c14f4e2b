"""The objective of a sweep: one or several goals, and constraints of other metrics."""

import difflib
import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.objective.constraint import Constraint
from sweepbox.tuning.objective.goal import COSTS, Goal, Metrics, Mode, check_metric
from sweepbox.tuning.objective.order import Merit
from sweepbox.tuning.spec.schema import ObjectiveSpec


@dataclass(frozen=True)
class Objective:
    """Compares checkpoints by their metrics; see `order` for how.

    Attributes:
        goals: What to maximise or minimise; the first decides between the checkpoints of one trial.
        constraints: Limits of other metrics. A metric that could not be measured is -1, as in pycocotools.
    """

    goals: tuple[Goal, ...]
    constraints: tuple[Constraint, ...] = ()

    @classmethod
    def of(cls, spec: ObjectiveSpec) -> "Objective":
        """Return a sweep file's objective; SweepError for a constraint that cannot be read.

        Of two constraints of one kind on one metric the stricter counts.
        """
        constraints: dict[tuple[str, bool], Constraint] = {}
        given = [Constraint.parse(f"{name} >= {least!r}") for name, least in spec.floors.items()]
        for constraint in [*given, *map(Constraint.parse, spec.constraints)]:
            key = constraint.metric, constraint.is_floor
            stricter = max if constraint.is_floor else min
            other = constraints.get(key, constraint)
            constraints[key] = stricter(constraint, other, key=lambda item: item.limit)
        return cls(tuple(_goals(spec)), tuple(constraints.values()))

    @property
    def metric(self) -> str:
        """The first goal's name in tables."""
        return self.goals[0].label

    @property
    def mode(self) -> Mode:
        """The first goal's direction."""
        return self.goals[0].mode

    @property
    def trained_by(self) -> str:
        """A metric of the first goal that measures quality, by which a training run may keep a checkpoint."""
        return next((name for name in self.goals[0].weights if name not in COSTS), "mAP")

    @property
    def metric_names(self) -> frozenset[str]:
        """The names of the metrics that goals and constraints need; not those of a worst class."""
        limited = (constraint.metric for constraint in self.constraints)
        return frozenset([*limited, *(name for goal in self.goals for name in goal.weights)])

    def value(self, metrics: Metrics) -> float:
        """Return the first goal's value; TrainingError where a metric is missing or not finite."""
        self.check(metrics)
        return self.goals[0].value(metrics)

    def value_or_none(self, metrics: Metrics) -> float | None:
        """Return the first goal's value, None where a metric of it is missing or not finite."""
        return self.goals[0].value(metrics) if self.goals[0].is_comparable(metrics) else None

    def values(self, metrics: Metrics) -> dict[str, float]:
        """Return the value of each goal by its name."""
        return {goal.label: goal.value(metrics) for goal in self.goals}

    def check(self, metrics: Metrics) -> None:
        """Raise TrainingError where a metric of the goals or constraints is missing or not finite."""
        for goal in self.goals:
            goal.value(metrics)
        for constraint in self.constraints:
            check_metric(constraint.metric, metrics)

    def scores(self, metrics: Metrics) -> tuple[float, ...]:
        """Return the values of all goals, as samplers get them with the directions of the goals."""
        self.check(metrics)
        return tuple(goal.value(metrics) for goal in self.goals)

    def slacks(self, metrics: Metrics) -> dict[str, float]:
        """Return by constraint how far its metric is on the wrong side; 0 or less where it is met."""
        return {str(constraint): constraint.slack(metrics) for constraint in self.constraints}

    def violation(self, metrics: Metrics) -> float:
        """Return the sum of the violations; 0 where all constraints are met."""
        return sum(max(slack, 0.0) for slack in self.slacks(metrics).values())

    def merit(self, metrics: Metrics) -> Merit:
        """Return what `order` compares."""
        self.check(metrics)
        violations = {name: slack for name, slack in self.slacks(metrics).items() if slack > 0}
        return Merit(tuple(goal.oriented(metrics) for goal in self.goals), violations)

    def is_comparable(self, metrics: Metrics) -> bool:
        """Return whether all metrics of goals and constraints are present and finite."""
        limits = (metrics.get(constraint.metric, math.nan) for constraint in self.constraints)
        return all(goal.is_comparable(metrics) for goal in self.goals) and all(map(math.isfinite, limits))


def _goals(spec: ObjectiveSpec) -> Iterator[Goal]:
    mode = None if spec.mode is None else Mode(spec.mode)
    if spec.worst_class is not None:
        yield Goal.worst_class(spec.worst_class)
    elif spec.weights is not None:
        yield Goal.weighted(spec.weights, mode)
    elif isinstance(spec.metric, str):
        yield Goal.metric(spec.metric, mode)
    else:
        yield from (Goal.metric(name) for name in spec.metric)


def metric_problems(objective: Objective, known: Collection[str]) -> list[str]:
    """Return one line for each metric of the objective that is not `known`, the names of those reported."""
    asked = [
        ("objective.metric" if len(goal.weights) == 1 else "objective.weights", name)
        for goal in objective.goals
        for name in goal.weights
    ]
    asked += [(f"objective: {constraint}", constraint.metric) for constraint in objective.constraints]
    asked += [
        ("objective.worst_class", goal.worst_of)
        for goal in objective.goals
        if goal.worst_of is not None and not any(name.startswith(f"{goal.worst_of}/") for name in known)
    ]
    return [f"{key}: {_unknown_metric(name, known)}" for key, name in asked if name not in known]


def check_metrics(objective: Objective, known: Collection[str]) -> None:
    """Raise SweepError where the objective names a metric that is not `known`, the names of those reported."""
    if problems := metric_problems(objective, known):
        raise SweepError("\n".join(problems))


def _unknown_metric(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"reported are {', '.join(known)}"
    return f"no evaluation reports {name!r}; {hint}"
