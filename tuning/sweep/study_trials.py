"""The records of a sweep's trials as dashboards for Optuna show them."""

from typing import Any

from sweepbox.tuning.objective.goal import Mode
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.search.frozen_trial import results_trial, suggested_trial
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.search.suggestions import Direction
from sweepbox.tuning.storage.study_file import StudyTrial
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.observations import observation_of
from sweepbox.tuning.sweep.trial_result import TrialResult


def directions_of(objective: Objective) -> list[Direction]:
    """Return the direction of each goal."""
    return ["maximize" if goal.mode is Mode.MAX else "minimize" for goal in objective.goals]


def study_trial_of(trial: TrialResult, objective: Objective, space: Space) -> StudyTrial:
    """Return a trial as its record has it; without parameters where they are not those of the space."""
    observed = observation_of(trial, objective)
    num_scores = len(objective.goals)
    shown = suggested_trial(observed, space, num_scores=num_scores)
    if shown is None:
        shown = results_trial(observed, num_scores=num_scores)
    shown.number = int(trial.id)
    return StudyTrial(shown, trial_metadata(trial), trial.status.started, trial.status.ended)


def trial_metadata(trial: TrialResult) -> dict[str, Any]:
    """Return what a trial's record says to people, as values of JSON."""
    status, best = trial.status, trial.best
    metadata: dict[str, Any] = {"trial": trial.id, "fingerprint": status.fingerprint}
    if status.state.has_ended and best is not None:
        metadata |= {"best_evaluation": best.evaluation, "metrics": dict(best.metrics)}
    if status.is_confirmation:
        metadata["origin"] = str(status.origin)
    if status.state is TrialState.STOPPED_EARLY:
        metadata["stopped"] = True
    return metadata
