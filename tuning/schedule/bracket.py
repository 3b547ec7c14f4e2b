"""A bracket of successive halving: trials pause at each rung until all are there, and the best continue."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sweepbox.tuning.schedule.ranking import best_first
from sweepbox.tuning.schedule.rule import Action, Actions, Report


@dataclass(frozen=True)
class Bracket:
    """The trials of a bracket and how far they are.

    Attributes:
        milestones: The evaluations of the rungs, rising.
        keeps: How many trials continue from each rung.
        slots: How many trials join before any continues from the first rung.
        rung: The rung at which trials are compared next, from 0.
        members: All trials that have joined.
        reached: The trials that are not over, each with the reports with which it came to the rungs.
    """

    milestones: tuple[int, ...]
    keeps: tuple[int, ...]
    slots: int
    rung: int = 0
    members: frozenset[str] = frozenset()
    reached: Mapping[str, tuple[Report, ...]] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Whether all its trials have joined."""
        return len(self.members) >= self.slots

    def report(self, report: Report) -> tuple["Bracket", Actions]:
        """Return the bracket with a report of a member or of a trial that joins it, and what follows.

        A trial that the bracket considers over is let continue.
        """
        trial = report.trial
        if trial in self.members and trial not in self.reached:
            return self, {}
        reports = self.reached.get(trial, ())
        passed = [milestone for milestone in self.milestones if milestone <= report.evaluation]
        reports += (report,) * (len(passed) - len(reports))
        joined = replace(self, members=self.members | {trial}, reached={**self.reached, trial: reports})
        bracket, actions = joined._halved()
        others = {name: action for name, action in actions.items() if name != trial}
        if actions.get(trial) is Action.STOP:
            return bracket, {**others, trial: Action.STOP}
        return bracket, {**others, trial: Action.PAUSE} if bracket._waits(trial) else others

    def end(self, trial: str) -> tuple["Bracket", Actions]:
        """Return the bracket without a trial that is over, and what follows for the others."""
        rest = {name: reports for name, reports in self.reached.items() if name != trial}
        return replace(self, reached=rest)._halved()

    def resolve(self) -> tuple["Bracket", Actions]:
        """Return the bracket where no more trials join, and what follows for those that wait."""
        bracket, actions = replace(self, slots=len(self.members))._halved()
        while Action.PROMOTE not in actions.values() and any(map(bracket._waits, bracket.reached)):
            bracket, more = bracket._compared()
            actions = {**actions, **more}
        return bracket, actions

    def _halved(self) -> tuple["Bracket", Actions]:
        """Compare trials at each rung that all of them have reached."""
        bracket = self
        actions: Actions = {}
        while bracket.is_full and bracket.reached and all(map(bracket._waits, bracket.reached)):
            bracket, more = bracket._compared()
            actions = {**actions, **more}
        return bracket, actions

    def _compared(self) -> tuple["Bracket", Actions]:
        """Compare the trials that wait at the rung."""
        waiting = [name for name in self.reached if self._waits(name)]
        ranked = [report.trial for report in best_first(self.reached[name][self.rung] for name in waiting)]
        stopped = set(ranked[self.keeps[self.rung] :])
        rest = {name: reports for name, reports in self.reached.items() if name not in stopped}
        bracket = replace(self, rung=self.rung + 1, reached=rest)
        promoted = [name for name in waiting if name in rest and not bracket._waits(name)]
        return bracket, {
            **dict.fromkeys(sorted(stopped), Action.STOP),
            **dict.fromkeys((name for name in ranked if name in promoted), Action.PROMOTE),
        }

    def _waits(self, trial: str) -> bool:
        """Return whether a trial has reached the rung."""
        return self.rung < len(self.milestones) and len(self.reached.get(trial, ())) > self.rung


def keeps_of(slots: int, rungs: int, reduction_factor: float) -> tuple[int, ...]:
    """Return how many of a bracket's trials continue from each of its rungs."""
    return tuple(math.ceil(slots / reduction_factor ** (rung + 1)) for rung in range(rungs))
