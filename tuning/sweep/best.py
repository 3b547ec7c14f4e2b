"""The best evaluation of a sweep so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.objective.ranking import Candidate, best_of
from sweepbox.tuning.sweep.trial_result import TrialResult


@dataclass(frozen=True)
class Best:
    """The best evaluation of all trials.

    Attributes:
        trial: The trial's id.
        evaluation: The number of the evaluation in the trial, from 1.
        step: The training step of the evaluation.
        metric: The objective's metric, and in `value` what it measured.
        constraints_met: Whether all constraints of the objective hold.
        metrics: All metrics of the evaluation.
    """

    trial: str
    evaluation: int
    step: int
    metric: str
    value: float
    constraints_met: bool
    metrics: Mapping[str, float]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "trial": self.trial,
            "evaluation": self.evaluation,
            "step": self.step,
            "metric": self.metric,
            "value": self.value,
            "constraints_met": self.constraints_met,
            "metrics": dict(self.metrics),
        }


def best_of_trials(trials: Sequence[TrialResult], objective: Objective) -> Best | None:
    """Return the best evaluation of all trials, the earlier of equals; None where none can be compared."""
    bests = {
        trial.id: trial.best for trial in trials if trial.best is not None and trial.status.duplicate_of is None
    }
    winner = best_of((Candidate(id_, item.evaluation, item.metrics) for id_, item in bests.items()), objective)
    if winner is None:
        return None
    return Best(
        trial=winner.trial,
        evaluation=winner.evaluation,
        step=bests[winner.trial].step,
        metric=objective.metric,
        value=objective.value(winner.metrics),
        constraints_met=objective.violation(winner.metrics) == 0,
        metrics=winner.metrics,
    )
