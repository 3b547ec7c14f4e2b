"""Trains all trials for some evaluations and continues the best of them."""

from dataclasses import dataclass

from pydantic import Field

from sweepbox.tuning.schedule.bracket import Bracket
from sweepbox.tuning.schedule.rule import Actions, Ended, Event, Plan, Report
from sweepbox.tuning.spec.schema import SpecModel


class TopKOptions(SpecModel):
    """After `evaluations` a trial pauses; of all trials the best `keep` continue."""

    evaluations: int = Field(default=1, ge=1)
    keep: int = Field(default=1, ge=1)


@dataclass(frozen=True)
class TopK:
    """Pauses each trial at one evaluation until all planned trials are there, then stops all but the best.

    A trial that failed or ended before counts as being there. The others wait until no trial runs.
    """

    options: TopKOptions
    plan: Plan

    def initial_state(self) -> Bracket:
        """Return a bracket with one rung for all trials."""
        evaluation = self.options.evaluations
        rungs = (evaluation,) if evaluation < self.plan.max_evaluations else ()
        return Bracket(rungs, keeps=(self.options.keep,), slots=self.plan.trials)

    def decide(self, state: Bracket, event: Event) -> tuple[Bracket, Actions]:
        """Return the bracket after the event, and what follows for its trials."""
        if isinstance(event, Report):
            return state.report(event)
        return state.end(event.trial) if isinstance(event, Ended) else state.resolve()
