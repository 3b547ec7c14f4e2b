"""Runs a stopping rule: passes events to it and tracks the resulting action for each trial."""

from collections import deque
from collections.abc import Callable
from typing import Any

from sweepbox.tuning.schedule.rule import Action, Actions, Ended, Idle, Report, StoppingRule

OF_REPORTING = (Action.CONTINUE, Action.PAUSE, Action.STOP)
OF_PAUSED = (Action.PROMOTE, Action.STOP)


class RuleRunner:
    """Which trials run, are paused, wait for a worker, or are stopped, under a rule.

    The sweep and the simulator hand out trials and report through it. A trial is known to the rule from its
    first report.
    """

    def __init__(self, rule: StoppingRule[Any]) -> None:
        """Begin without a trial."""
        self._rule = rule
        self._state = rule.initial_state()
        self._standings: dict[str, Action] = {}
        self._evaluations: dict[str, int] = {}
        self._running: set[str] = set()
        self._promoted: deque[str] = deque()
        self._stopped: list[str] = []

    @property
    def state(self) -> Any:
        """The rule's state."""
        return self._state

    @property
    def runs_any(self) -> bool:
        """Whether a trial that was handed out is still running."""
        return bool(self._running)

    @property
    def standings(self) -> dict[str, Action]:
        """The action in force for each trial that has reported and has not ended."""
        return dict(self._standings)

    def is_paused(self, trial: str) -> bool:
        """Return whether a trial waits to be promoted or stopped."""
        return self._standings.get(trial) is Action.PAUSE

    def next_trial(self, new: Callable[[], str | None]) -> str | None:
        """Return the trial for a free worker: a promoted one, else a new one, else None.

        Args:
            new: Returns a new trial, None where none is left to start.

        Returns:
            None where no trial can start now. More can come while `runs_any`; otherwise all are over.
        """
        trial = self._take_promoted() or new()
        if trial is None and not self._running:
            self.resolve()
            trial = self._take_promoted()
        if trial is not None:
            self._running.add(trial)
        return trial

    def report(self, report: Report) -> Action:
        """Return whether the reporting trial continues, pauses or stops; an evaluation counts once."""
        trial = report.trial
        if report.evaluation <= self._evaluations.get(trial, 0):
            return self._standings.get(trial, Action.CONTINUE)
        self._evaluations[trial] = report.evaluation
        self._leave_queue(trial)
        self._standings[trial] = Action.CONTINUE
        self._apply(*self._rule.decide(self._state, report), reporting=trial)
        if self._standings[trial] is not Action.CONTINUE:
            self._running.discard(trial)
        return self._standings[trial]

    def end(self, trial: str) -> None:
        """Record that a trial is over, and pass that to the rule unless the rule stopped it."""
        self.release(trial)
        self._leave_queue(trial)
        standing = self._standings.pop(trial, None)
        if standing not in (None, Action.STOP):
            self._apply(*self._rule.decide(self._state, Ended(trial)))

    def release(self, trial: str) -> None:
        """Record that a trial stopped running in this process, though it is not over."""
        self._running.discard(trial)

    def resolve(self) -> None:
        """Have the rule resolve its paused trials, as no trial runs and none is left to start."""
        self._apply(*self._when_idle())

    def if_idle(self, trial: str) -> Action | None:
        """Return what `resolve` would do with a paused trial."""
        return self._when_idle()[1].get(trial)

    def take_stopped(self) -> list[str]:
        """Return the paused trials that were stopped since the last call."""
        stopped, self._stopped = self._stopped, []
        return stopped

    def _when_idle(self) -> tuple[Any, Actions]:
        state, actions = self._rule.decide(self._state, Idle())
        paused = [trial for trial in self._standings if self.is_paused(trial)]
        if any(actions.get(trial) is Action.PROMOTE for trial in paused):
            return state, actions
        return state, dict.fromkeys(paused, Action.STOP)

    def _take_promoted(self) -> str | None:
        if not self._promoted:
            return None
        trial = self._promoted.popleft()
        self._standings[trial] = Action.CONTINUE
        return trial

    def _leave_queue(self, trial: str) -> None:
        if self._standings.get(trial) is Action.PROMOTE:
            self._promoted.remove(trial)

    def _apply(self, state: Any, actions: Actions, *, reporting: str | None = None) -> None:
        """Take the rule's decision; an action on a trial that is neither reporting nor paused has no effect."""
        self._state = state
        for trial, action in actions.items():
            if action not in (OF_REPORTING if trial == reporting else OF_PAUSED):
                raise ValueError(f"{type(self._rule).__name__}: {action} is no action for trial {trial!r} now")
            if trial == reporting:
                self._standings[trial] = action
            elif self.is_paused(trial):
                self._standings[trial] = action
                (self._promoted if action is Action.PROMOTE else self._stopped).append(trial)
