"""What the records of trials say to a sampler."""

from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.search.observation import Observation, ObservedState
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.trial_result import TrialResult

OBSERVED_STATES = {
    TrialState.FINISHED: ObservedState.FINISHED,
    TrialState.STOPPED_EARLY: ObservedState.STOPPED_EARLY,
    TrialState.FAILED: ObservedState.FAILED,
}
"""The states of trials that have ended; all others count as running."""


def observation_of(trial: TrialResult, objective: Objective) -> Observation:
    """Return what a sampler may know of a trial.

    Scores include the penalty of violated constraints, so no constraints are passed on beside them. A
    trial that ended without an evaluation that can be compared counts as failed.
    """
    state = OBSERVED_STATES.get(trial.state, ObservedState.RUNNING)
    if state.has_ended and trial.best is None:
        state = ObservedState.FAILED
    comparable = [item for item in trial.evaluations if objective.is_comparable(item.metrics)]
    best = trial.best if state is ObservedState.FINISHED else None
    return Observation(
        number=int(trial.id),
        parameters=trial.status.parameters,
        state=state,
        scores=() if best is None else (objective.score(best.metrics),),
        intermediate={item.evaluation: objective.score(item.metrics) for item in comparable},
        attributes=trial.status.sampler_attributes,
    )
