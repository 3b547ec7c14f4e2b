"""What a sweep has used, what it is expected to use in all, and which of its limits ends it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sweepbox.tuning.budget.limits import Amount, Limits
from sweepbox.tuning.budget.termination import Rank, reason_to_stop
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.trial_result import TrialResult

if TYPE_CHECKING:
    from sweepbox.tuning.sweep.state import SweepState


@dataclass(frozen=True)
class Spending:
    """What a sweep uses.

    Attributes:
        spent: What its trials have taken; the number is that of the search's trials that have ended.
        forecast: What they will have taken if no limit ends the sweep; None before the first evaluation.
        limits: The limits.
    """

    spent: Amount
    forecast: Amount | None
    limits: Limits

    def to_json(self) -> dict[str, Any]:
        """Return the part `budget` of `sweepbox status --json`."""
        limits = {"trials": self.limits.trials, "gpu_hours": self.limits.gpu_hours, "cost": self.limits.cost}
        return {
            "spent": _amount_json(self.spent),
            "forecast": None if self.forecast is None else _amount_json(self.forecast),
            "limits": limits,
        }


def spending_of(state: "SweepState") -> Spending:
    """Return what a sweep has used so far, and a forecast."""
    limits, share = Limits.of(state.spec), state.spec.resources_per_trial.gpu
    trial_s, gpu_s = _seconds_taken(state, share)
    left_s = state.work_left_s
    forecast = None
    if left_s is not None:
        planned = state.planned - len(state.trials) + len(state.searched)
        forecast = limits.amount(trials=planned, trial_s=trial_s + left_s, gpu_s=gpu_s + left_s * share)
    return Spending(limits.amount(trials=state.searched_count, trial_s=trial_s, gpu_s=gpu_s), forecast, limits)


def _seconds_taken(state: "SweepState", share: float) -> tuple[float, float]:
    """Return the seconds of all trials together, and those for which they held GPUs."""
    trial_s = sum(trial.seconds for trial in state.trials)
    return trial_s, sum(_gpu_seconds(trial, share) for trial in state.trials)


def limit_reached(state: "SweepState") -> str | None:
    """Return the limit that ends a sweep now, in words; None while there is none.

    The time budget is not among them: it holds for one session, these for the whole sweep.
    """
    return amount_reached(state) or reason_to_end_search(state)


def amount_reached(state: "SweepState") -> str | None:
    """Return the limit on what all trials take that is used up, in words; None while there is none."""
    limits = Limits.of(state.spec)
    if not limits.limits_amount:
        return None
    trial_s, gpu_s = _seconds_taken(state, state.spec.resources_per_trial.gpu)
    return limits.reached_by(limits.amount(trials=state.searched_count, trial_s=trial_s, gpu_s=gpu_s))


def reason_to_end_search(state: "SweepState") -> str | None:
    """Return why the last trials end the sweep: none of its goals gained.

    Failed trials and those equal to earlier ones do not count.
    """
    if state.spec.stop is None:
        return None
    own = [trial for trial in state.searched if trial.best is not None and trial.status.duplicate_of is None]
    ended = [trial for trial in own if trial.state in (TrialState.FINISHED, TrialState.STOPPED_EARLY)]
    running = [trial for trial in own if not trial.state.has_ended]
    reasons = [
        reason_to_stop(
            state.spec.stop,
            [_rank(state, trial, goal) for trial in sorted(ended, key=_end)],
            running=[_rank(state, trial, goal) for trial in running],
        )
        for goal in range(len(state.objective.goals))
    ]
    return reasons[0] if all(reasons) else None


def _rank(state: "SweepState", trial: TrialResult, goal: int) -> Rank:
    if trial.best is None:
        raise ValueError(f"trial {trial.id} has no evaluation to rank")
    merit = state.objective.merit(trial.best.metrics)
    return not merit.violations, merit.scores[goal]


def _end(trial: TrialResult) -> tuple[float, str]:
    """Return when a trial ended; one that ran to its end did so with its last evaluation."""
    last = trial.evaluations[-1].time
    return max(last, trial.status.ended or last), trial.id


def _gpu_seconds(trial: TrialResult, share: float) -> float:
    counted = trial.status.gpu_seconds
    return trial.seconds * share if counted is None else counted


def _amount_json(amount: Amount) -> dict[str, Any]:
    return {
        "trials": amount.trials,
        "trial_hours": round(amount.trial_hours, 4),
        "gpu_hours": round(amount.gpu_hours, 4),
        "cost": None if amount.cost is None else round(amount.cost, 2),
    }
