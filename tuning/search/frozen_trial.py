"""An observation as a trial of Optuna."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sweepbox.tuning.search.observation import Observation, ObservedState
from sweepbox.tuning.search.replay import distributions_of
from sweepbox.tuning.search.space import Space

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial
    from optuna.trial import TrialState as OptunaState


def suggested_trial(observation: Observation, space: Space, *, num_scores: int) -> "FrozenTrial | None":
    """Return the trial that suggesting, reporting and closing leave; None where they could not.

    They could not where the observation's parameters are not those of the space.
    """
    try:
        return results_trial(
            observation,
            num_scores=num_scores,
            params=dict(observation.parameters),
            distributions=distributions_of(observation.parameters, space),
            system_attrs=dict(observation.attributes.get("trial", {})),
            constraints=dict(observation.constraints),
        )
    except (ValueError, TypeError):
        return None


def results_trial(observation: Observation, *, num_scores: int, **suggested: Any) -> "FrozenTrial":
    """Return the results of an observation as a trial, with what was `suggested`; without it, no parameters."""
    from optuna.trial import create_trial

    several = num_scores > 1
    return create_trial(
        state=optuna_state(observation.state, several=several),
        values=optuna_values(observation.state, observation.scores, observation.intermediate, several=several),
        intermediate_values=dict(observation.intermediate),
        **suggested,
    )


def optuna_values(
    state: ObservedState, scores: Sequence[float], intermediate: Mapping[int, float], *, several: bool
) -> tuple[float, ...] | None:
    """Return the values of a trial: its scores, or its last score if it was stopped early."""
    if state is ObservedState.FINISHED or (state is ObservedState.STOPPED_EARLY and several):
        return tuple(scores)
    if state is ObservedState.STOPPED_EARLY and intermediate:
        return (intermediate[max(intermediate)],)
    return None


def optuna_state(state: ObservedState, *, several: bool) -> "OptunaState":
    """Return a trial's state in Optuna, whose samplers fail on pruned trials of several objectives."""
    from optuna.trial import TrialState as OptunaState

    return {
        ObservedState.RUNNING: OptunaState.RUNNING,
        ObservedState.FINISHED: OptunaState.COMPLETE,
        ObservedState.STOPPED_EARLY: OptunaState.COMPLETE if several else OptunaState.PRUNED,
        ObservedState.FAILED: OptunaState.FAIL,
    }[state]
