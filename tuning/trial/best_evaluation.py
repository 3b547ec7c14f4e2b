"""The best of a trial's evaluations."""

from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.objective.ranking import Candidate, best_of
from sweepbox.tuning.storage.trial_record import Evaluation


def candidates_of(trial_id: str, evaluations: tuple[Evaluation, ...]) -> list[Candidate]:
    """Return a trial's evaluations as candidates for the winner."""
    return [Candidate(trial_id, evaluation.evaluation, evaluation.metrics) for evaluation in evaluations]


def best_evaluation(
    trial_id: str, evaluations: tuple[Evaluation, ...], objective: Objective
) -> Evaluation | None:
    """Return the best of a trial's evaluations, the earlier of equals."""
    best = best_of(candidates_of(trial_id, evaluations), objective)
    return None if best is None else next(item for item in evaluations if item.evaluation == best.evaluation)
