"""The best evaluation of a sweep so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.objective.ranking import Candidate, best_of, pareto_front
from sweepbox.tuning.storage.trial_record import Evaluation
from sweepbox.tuning.sweep.trial_result import TrialResult


@dataclass(frozen=True)
class Best:
    """The best evaluation of all trials.

    Attributes:
        trial: The trial's id.
        evaluation: The number of the evaluation in the trial, from 1.
        step: The training step of the evaluation.
        metric: The objective's first goal, and in `value` what it measured; `values` has those of all goals.
        constraints_met: Whether all constraints of the objective hold.
        metrics: All metrics of the evaluation.
    """

    trial: str
    evaluation: int
    step: int
    metric: str
    value: float
    values: Mapping[str, float]
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
            "values": dict(self.values),
            "constraints_met": self.constraints_met,
            "metrics": dict(self.metrics),
        }


def front_of_trials(trials: Sequence[TrialResult], objective: Objective) -> tuple[Best, ...]:
    """Return the Pareto front of several goals: the best evaluation of each trial that no other dominates.

    The best by the first goal is first; it is empty where no trial meets the constraints.
    """
    bests = _bests(trials)
    return tuple(_best(item, bests, objective) for item in pareto_front(_candidates(bests), objective))


def best_of_trials(trials: Sequence[TrialResult], objective: Objective) -> Best | None:
    """Return the best evaluation of the search's trials, the earlier of equals; None where there is none."""
    bests = _bests(trials)
    winner = best_of(_candidates(bests), objective)
    return None if winner is None else _best(winner, bests, objective)


def best_of_trial(trial: TrialResult, objective: Objective) -> Best:
    """Return the best evaluation of one trial; ValueError where it has none."""
    if trial.best is None:
        raise ValueError(f"trial {trial.id} has no evaluation that can be compared")
    return _best(
        Candidate(trial.id, trial.best.evaluation, trial.best.metrics), {trial.id: trial.best}, objective
    )


def _bests(trials: Sequence[TrialResult]) -> dict[str, Evaluation]:
    return {
        trial.id: trial.best
        for trial in trials
        if trial.best is not None and trial.status.duplicate_of is None and not trial.status.is_confirmation
    }


def _candidates(bests: Mapping[str, Evaluation]) -> list[Candidate]:
    return [Candidate(trial, item.evaluation, item.metrics) for trial, item in bests.items()]


def _best(candidate: Candidate, bests: Mapping[str, Evaluation], objective: Objective) -> Best:
    return Best(
        trial=candidate.trial,
        evaluation=candidate.evaluation,
        step=bests[candidate.trial].step,
        metric=objective.metric,
        value=objective.value(candidate.metrics),
        values=objective.values(candidate.metrics),
        constraints_met=objective.violation(candidate.metrics) == 0,
        metrics=candidate.metrics,
    )
