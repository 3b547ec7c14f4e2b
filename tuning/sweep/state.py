"""The state of a sweep at one moment: its trials and the best of their evaluations."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.budget.forecast import estimate_time_left, estimate_work_left
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.storage.winner_record import WinnerRecord
from sweepbox.tuning.sweep.best import Best, best_of_trial, best_of_trials, front_of_trials
from sweepbox.tuning.sweep.chains import Chains
from sweepbox.tuning.sweep.spending import Spending, spending_of
from sweepbox.tuning.sweep.trial_result import TrialResult


@dataclass(frozen=True)
class SweepState:
    """A whole sweep at one moment.

    Attributes:
        ended_by: What ended its last session early, in words; None where nothing did, or while it runs.
        winner: What `winner.json` holds; None before it is written, and in the states of a running sweep.
    """

    folder: SweepFolder
    spec: SweepSpec
    objective: Objective
    running: bool
    trials: tuple[TrialResult, ...]
    ended_by: str | None = None
    winner: WinnerRecord | None = None

    @cached_property
    def best(self) -> Best | None:
        """The best evaluation of the search's trials, None before the first."""
        return best_of_trials(self.trials, self.objective)

    @cached_property
    def shown_winner(self) -> Best | None:
        """The winner's evaluation: that of the confirmed winner, or else the best of the search."""
        confirmed = self.confirmed_winner
        return self.best if confirmed is None else best_of_trial(self.trial(confirmed.trial), self.objective)

    @cached_property
    def front(self) -> tuple[Best, ...]:
        """The Pareto front of several goals, the best by the first goal first; empty with one goal."""
        return front_of_trials(self.trials, self.objective) if len(self.objective.goals) > 1 else ()

    @cached_property
    def chains(self) -> Chains:
        """Under which configs the weights of each trial were trained."""
        return Chains({trial.id: trial.status for trial in self.trials}, self.spec.training)

    def count(self, *states: TrialState) -> int:
        """Return the number of trials in any of `states`."""
        return sum(self._counts[state] for state in states)

    @cached_property
    def _counts(self) -> Counter[TrialState]:
        return Counter(trial.state for trial in self.trials)

    @cached_property
    def population(self) -> int:
        """The number of trials that count to the sweep's number of trials."""
        return sum(trial.status.is_planned for trial in self.trials)

    @property
    def planned(self) -> int:
        """The number of trials in all: the planned ones, and those that came beside them so far."""
        return max(self.spec.trials, self.population) + len(self.trials) - self.population

    @cached_property
    def searched(self) -> tuple[TrialResult, ...]:
        """The trials of the search, without those that confirm its finalists."""
        return tuple(trial for trial in self.trials if not trial.status.is_confirmation)

    @property
    def is_complete(self) -> bool:
        """Whether all planned trials and their copies have ended, and the winner is confirmed if asked for."""
        return self.is_searched and (self.spec.confirm is None or self.is_confirmed)

    @property
    def is_searched(self) -> bool:
        """Whether all planned trials and all copies of them have ended."""
        return self.population >= self.spec.trials and all(trial.state.has_ended for trial in self.searched)

    @property
    def is_confirmed(self) -> bool:
        """Whether the winner is chosen among the finalists of all trials, and tested where possible."""
        if self.winner is None or self.spec.confirm is None:
            return False
        return self.winner.is_complete_for(self.spec.confirm, self.searched_count)

    @property
    def confirmed_winner(self) -> WinnerRecord | None:
        """The winner that was chosen among the finalists of all trials of the search; None before that."""
        if self.winner is None or self.spec.confirm is None:
            return None
        is_current = self.winner.is_choice_of(self.spec.confirm, self.searched_count)
        return self.winner if is_current else None

    @cached_property
    def searched_count(self) -> int:
        """The number of the search's trials that have ended."""
        return sum(trial.state.has_ended for trial in self.searched)

    @cached_property
    def ended(self) -> int:
        """The number of trials that have ended."""
        return sum(trial.state.has_ended for trial in self.trials)

    def trial(self, trial_id: str) -> TrialResult:
        """Return one trial; SweepError where the sweep has no such trial."""
        for trial in self.trials:
            if trial.id == trial_id:
                return trial
        raise SweepError(
            f"{self.folder.path}: no trial {trial_id}; give one of {', '.join(t.id for t in self.trials)}"
        )

    @cached_property
    def spending(self) -> Spending:
        """What the sweep has used so far, and a forecast."""
        return spending_of(self)

    @cached_property
    def work_left_s(self) -> float | None:
        """The seconds that the rest of the sweep takes in trials, estimated from the trials so far."""
        own = [trial for trial in self.searched if trial.evaluations and not trial.status.duplicate_of]
        seconds = [item.seconds for trial in own for item in trial.evaluations]
        ended = [len(trial.evaluations) for trial in own if trial.state.has_ended]
        full = max((trial.status.total_evaluations for trial in self.trials), default=1)
        active = [trial for trial in self.searched if not trial.state.has_ended]
        expected = sum(ended) / len(ended) if ended else full
        return estimate_work_left(
            seconds_per_evaluation=sum(seconds) / len(seconds) if seconds else None,
            evaluations_per_trial=expected,
            trials_to_start=max(self.spec.trials - self.population, 0),
            evaluations_of_running=sum(max(expected - len(trial.evaluations), 1) for trial in active)
            + self._evaluations_to_confirm(full),
        )

    def _evaluations_to_confirm(self, full: int) -> int:
        """Return how many evaluations the confirmation still makes, at most; `full` are those of one trial."""
        confirm = self.spec.confirm
        if confirm is None or self.is_confirmed:
            return 0
        made = [trial for trial in self.trials if trial.status.is_confirmation]
        to_start = max((confirm.top + 1) * confirm.trainings - len(made), 0) if not made else 0
        left = [full - len(trial.evaluations) for trial in made if not trial.state.has_ended]
        return to_start * full + sum(left)

    def time_left_s(self, *, num_workers: int, budget_left_s: float | None = None) -> float | None:
        """Return the seconds until the sweep ends, estimated from the trials so far."""
        return estimate_time_left(
            work_left_s=self.work_left_s, num_workers=num_workers, budget_left_s=budget_left_s
        )

    def to_json(self) -> dict[str, Any]:
        """Return what `sweepbox status --json` prints."""
        return {
            "name": self.spec.name,
            "running": self.running,
            "planned": self.spec.trials,
            "ended_by": self.ended_by,
            "budget": self.spending.to_json(),
            "trials": [trial.to_json() for trial in self.trials],
            "best": None if self.best is None else self.best.to_json(),
            "front": [point.to_json() for point in self.front],
            "winner": None if self.winner is None else dict(self.winner.content),
        }
