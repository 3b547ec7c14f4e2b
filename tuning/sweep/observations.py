"""What the records of trials say to a sampler."""

from collections.abc import Sequence

from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.search.observation import Observation, ObservedState
from sweepbox.tuning.storage.trial_record import Evaluation, TrialState
from sweepbox.tuning.sweep.trial_result import TrialResult

OBSERVED_STATES = {
    TrialState.FINISHED: ObservedState.FINISHED,
    TrialState.STOPPED_EARLY: ObservedState.STOPPED_EARLY,
    TrialState.FAILED: ObservedState.FAILED,
}
"""The states of trials that have ended; all others count as running."""


def observation_of(trial: TrialResult, objective: Objective) -> Observation:
    """Return what a sampler may know of a trial; nothing of one that confirms a finalist.

    A trial that ended without an evaluation that can be compared counts as failed. With several goals a trial
    that was stopped early has the scores of its last evaluation.
    """
    if trial.status.is_confirmation:
        return Observation(number=int(trial.id), parameters={}, state=ObservedState.FAILED)
    state = OBSERVED_STATES.get(trial.state, ObservedState.RUNNING)
    if state.has_ended and trial.best is None:
        state = ObservedState.FAILED
    comparable = [item for item in trial.evaluations if objective.is_comparable(item.metrics)]
    judged = _judged(state, trial.best, comparable, several=len(objective.goals) > 1)
    return Observation(
        number=int(trial.id),
        parameters=trial.status.parameters,
        state=state,
        scores=() if judged is None else objective.scores(judged.metrics),
        intermediate={item.evaluation: objective.value(item.metrics) for item in comparable},
        constraints={} if judged is None else objective.slacks(judged.metrics),
        attributes=trial.status.sampler_attributes,
    )


def _judged(
    state: ObservedState, best: Evaluation | None, evaluations: Sequence[Evaluation], *, several: bool
) -> Evaluation | None:
    """Return the evaluation by which an ended trial is judged; None where it failed or still runs."""
    if state is ObservedState.FINISHED:
        return best
    if state is ObservedState.STOPPED_EARLY:
        return evaluations[-1] if several else best
    return None
