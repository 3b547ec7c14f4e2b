"""Runs a stopping rule: passes events to it and tracks the resulting action for each trial."""

from collections import deque
from collections.abc import Callable
from typing import Any

from sweepbox.tuning.schedule.rule import Action, Actions, CopyOrder, Ended, Idle, Report, StoppingRule

OF_REPORTING = (Action.CONTINUE, Action.PAUSE, Action.YIELD, Action.STOP)
OF_PAUSED = (Action.PROMOTE, Action.STOP)
WAITING = (Action.PAUSE, Action.YIELD, Action.PROMOTE)


def _no_copy(order: CopyOrder) -> str | None:
    raise ValueError(f"{order}: pass `copy` to make it")


class RuleRunner:
    """Which trials run, are paused, wait for a worker, or are stopped, under a rule.

    The sweep and the simulator hand out trials and report through it. A trial is known to the rule from its
    first report. Trials that the rule's plan protects continue whatever the rule decides on them.
    """

    def __init__(self, rule: StoppingRule[Any]) -> None:
        """Begin without a trial."""
        self._rule = rule
        self._state = rule.initial_state()
        self._standings: dict[str, Action] = {}
        self._evaluations: dict[str, int] = {}
        self._running: set[str] = set()
        self._promoted: deque[str] = deque()
        self._in_turn: dict[str, CopyOrder | None] = {}  # trials that yielded, and orders by their members
        self._stopped: list[str] = []
        self._new_left = True
        self._protected = set(rule.plan.protected)

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
        """The action in force for each trial that has reported and has not ended.

        YIELD and PROMOTE are in force until the trial is handed out.
        """
        return dict(self._standings)

    @property
    def orders(self) -> tuple[CopyOrder, ...]:
        """The copies that are still to be made, in this order."""
        return tuple(order for order in self._in_turn.values() if order is not None)

    def is_paused(self, trial: str) -> bool:
        """Return whether a trial waits to be promoted or stopped."""
        return self._standings.get(trial) is Action.PAUSE

    def waits(self, trial: str) -> bool:
        """Return whether a trial is paused or waits for a worker."""
        return self._standings.get(trial) in WAITING

    def next_trial(
        self, new: Callable[[], str | None], copy: Callable[[CopyOrder], str | None] = _no_copy
    ) -> str | None:
        """Return the trial for a free worker: a promoted one, else a new one, else one that yielded or a copy.

        New trials come first so that the population is complete before it is copied from. Of those that yielded
        and of copies the first comes first, or copies of a trial could keep it from running.

        Args:
            new: Returns a new trial, None where none is left to start.
            copy: Returns the new trial that an order asks for, None where it cannot be made.

        Returns:
            None where no trial can start now. More can come while `runs_any`; otherwise all are over.
        """
        trial = self._take_promoted() or self._take_new(new) or self._take_in_turn(copy)
        if trial is None and not self._running:
            self.resolve()
            trial = self._take_promoted()
        if trial is not None:
            self._running.add(trial)
        return trial

    def report(self, report: Report) -> Action:
        """Return whether the reporting trial continues, waits or stops; an evaluation counts once."""
        trial = report.trial
        if report.evaluation <= self._evaluations.get(trial, 0):
            return self._standings.get(trial, Action.CONTINUE)
        self._evaluations[trial] = report.evaluation
        self._leave_queue(trial)
        self._in_turn.pop(trial, None)
        self._standings[trial] = Action.CONTINUE
        self._apply(*self._rule.decide(self._state, report), reporting=trial)
        if self._standings[trial] is not Action.CONTINUE:
            self._running.discard(trial)
        return self._standings[trial]

    def end(self, trial: str) -> None:
        """Record that a trial is over, and pass that to the rule unless the rule stopped it."""
        self.release(trial)
        self._leave_queue(trial)
        if self._standings.get(trial) is Action.YIELD:
            del self._in_turn[trial]
        standing = self._standings.pop(trial, None)
        if standing not in (None, Action.STOP):
            self._apply(*self._rule.decide(self._state, Ended(trial)))

    def release(self, trial: str) -> None:
        """Record that a trial stopped running in this process, though it is not over."""
        self._running.discard(trial)

    def protect(self, trial: str) -> None:
        """Let a trial that has not reported continue whatever the rule decides; see `Plan.protected`."""
        self._protected.add(trial)

    def replaced(self, member: str) -> None:
        """Record that the copy which replaces a trial exists; it is not made again."""
        if self._in_turn.get(member) is not None:
            del self._in_turn[member]

    def resolve(self) -> None:
        """Have the rule resolve its paused trials, as no trial runs and none is left to start."""
        self._apply(*self._when_idle())

    def if_idle(self, trial: str) -> Action | None:
        """Return what `resolve` would do with a paused trial."""
        action = self._when_idle()[1].get(trial)
        return action if isinstance(action, Action) else None

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
        return self._continued(self._promoted.popleft()) if self._promoted else None

    def _take_new(self, new: Callable[[], str | None]) -> str | None:
        trial = new()
        self._new_left = trial is not None
        return trial

    def _take_in_turn(self, copy: Callable[[CopyOrder], str | None]) -> str | None:
        while self._in_turn:
            name = next(iter(self._in_turn))
            order = self._in_turn.pop(name)
            trial = self._continued(name) if order is None else copy(order)
            if trial is not None:
                return trial
        return None

    def _continued(self, trial: str) -> str:
        self._standings[trial] = Action.CONTINUE
        return trial

    def _leave_queue(self, trial: str) -> None:
        if self._standings.get(trial) is Action.PROMOTE:
            self._promoted.remove(trial)

    def _apply(self, state: Any, actions: Actions, *, reporting: str | None = None) -> None:
        """Take the rule's decision; an action on a trial that is neither reporting nor paused has no effect."""
        self._state = state
        for trial, action in actions.items():
            if trial == reporting:
                self._act_on_reporting(trial, action)
            elif action not in OF_PAUSED:
                raise self._refusal(trial, action)
            elif self.is_paused(trial):
                self._standings[trial] = Action(action)
                (self._promoted if action is Action.PROMOTE else self._stopped).append(trial)

    def _act_on_reporting(self, trial: str, action: Action | CopyOrder) -> None:
        is_order = isinstance(action, CopyOrder) and action.member == trial
        if not is_order and action not in OF_REPORTING:
            raise self._refusal(trial, action)
        if trial in self._protected:
            return
        if isinstance(action, CopyOrder):
            self._standings[trial] = Action.STOP
            self._in_turn[trial] = action
        elif action is not Action.YIELD:
            self._standings[trial] = action
        elif self._promoted or self._in_turn or self._new_left:
            self._standings[trial] = action
            self._in_turn[trial] = None

    def _refusal(self, trial: str, action: Action | CopyOrder) -> ValueError:
        return ValueError(f"{type(self._rule).__name__}: {action} is no action for trial {trial!r} now")
