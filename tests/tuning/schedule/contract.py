"""What every stopping rule holds to. A check raises AssertionError where the rule does not."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from sweepbox.tuning.schedule.replay import TrialHistory, replay
from sweepbox.tuning.schedule.rule import Action, Actions, Ended, Event, Plan, Report, StoppingRule
from sweepbox.tuning.schedule.runner import RuleRunner
from sweepbox.tuning.schedule.simulator import Curve, Simulation, simulate
from sweepbox.tuning.schedule.table import RuleKind


def rule_for(kind: RuleKind[Any], curves: Sequence[Curve], *, seed: int = 0) -> StoppingRule[Any]:
    """Return the rule with its default options, for trials that would train like the curves."""
    longest = max(len(curve.scores) for curve in curves)
    return kind.build(kind.options(), Plan(trials=len(curves), max_evaluations=longest, seed=seed))


@dataclass
class Watched:
    """A rule whose every decision is checked: pure, repeatable, and on trials that can be acted on."""

    rule: StoppingRule[Any]
    log: list[tuple[Event, Actions]] = field(default_factory=list)

    def initial_state(self) -> Any:
        state = self.rule.initial_state()
        assert state == self.rule.initial_state(), "the initial state is always the same"
        return state

    def decide(self, state: Any, event: Event) -> tuple[Any, Actions]:
        before = deepcopy(state)
        decided = self.rule.decide(state, event)
        assert state == before, "a state is never modified"
        assert decided == self.rule.decide(before, event), "equal states and events give equal decisions"
        self.log.append((event, dict(decided[1])))
        return decided


def check_every_trial_ends(kind: RuleKind[Any], curves: Sequence[Curve], *, workers: int) -> Simulation:
    """A simulated sweep ends; each trial is finished or stopped once, and then neither runs nor is acted on."""
    rule = Watched(rule_for(kind, curves))
    simulation = simulate(rule, curves, workers=workers)
    over = [*simulation.finished, *(trial for _, trial in simulation.stopped)]
    assert sorted(over) == sorted(curve.trial for curve in curves)
    last = {step.report.trial: step.time for step in simulation.steps}
    assert all(last[trial] <= time for time, trial in simulation.stopped)
    assert simulation == simulate(rule_for(kind, curves), curves, workers=workers), "a sweep repeats itself"
    return simulation


def check_decisions_are_legal(run: "Interleaving") -> None:
    """Actions are on the reporting trial and on paused ones; none names a trial that is over."""
    paused: set[str] = set()
    over: set[str] = set()
    rule = Watched(run.rule)
    for _ in replace(run, rule=rule).moments():
        pass
    for event, actions in rule.log:
        reporting = event.trial if isinstance(event, Report) else None
        assert reporting not in paused | over
        if isinstance(event, Ended):
            paused.discard(event.trial)
            over.add(event.trial)
        for trial, action in actions.items():
            if trial == reporting:
                assert action in (Action.CONTINUE, Action.PAUSE, Action.STOP)
            else:
                assert trial in paused, f"{action} for {trial}, which is not paused"
                assert action in (Action.PROMOTE, Action.STOP)
            paused.discard(trial)
            if action is Action.PAUSE:
                paused.add(trial)
            if action is Action.STOP:
                over.add(trial)


def check_restart_at_every_moment(run: "Interleaving") -> None:
    """A rule that is rebuilt from the records at any moment is where the one that ran on is."""
    for runner, histories in run.moments():
        again = RuleRunner(run.rule)
        replay(again, histories)
        if _picture(again) != _picture(runner) and not any(map(_runs, again.standings.values())):
            again.resolve()  # nothing recorded yet of what was decided when no trial ran: it is decided again
        assert _picture(again) == _picture(runner)


def check_any_order_is_accepted(rule: StoppingRule[Any], events: Sequence[Event]) -> None:
    """Events in an order that this rule never led to, as clocks that differ may record them, raise nothing."""
    watched = Watched(rule)
    state = watched.initial_state()
    for event in events:
        state, actions = watched.decide(state, event)
        assert all(isinstance(action, Action) for action in actions.values())


@dataclass
class Interleaving:
    """A sweep without a clock: which of the running trials is evaluated next, and which fails, is drawn."""

    rule: StoppingRule[Any]
    curves: Sequence[Curve]
    workers: int
    draws: Sequence[int]
    failing: frozenset[tuple[str, int]] = frozenset()
    """Trials that fail, each with the number of evaluations that it has by then."""

    def moments(self) -> Iterator[tuple[RuleRunner, list[TrialHistory]]]:
        """Yield the runner and the records after each start and each report."""
        runner = RuleRunner(self.rule)
        histories = {curve.trial: TrialHistory(curve.trial) for curve in self.curves}
        scores = {curve.trial: curve.scores for curve in self.curves}
        new = iter(scores)
        running: list[str] = []
        for tick in range(10_000):
            while len(running) < self.workers and (trial := runner.next_trial(lambda: next(new, None))):
                running.append(trial)
                if histories[trial].started is None:
                    histories[trial] = replace(histories[trial], started=float(tick))
            self._stop(runner, histories, runner.take_stopped())
            yield runner, list(histories.values())
            if not running:
                return
            trial = running.pop(self.draws[tick % len(self.draws)] % len(running))
            if self._goes_on(runner, histories, scores[trial], trial, float(tick)):
                running.append(trial)
            yield runner, list(histories.values())
        raise AssertionError("the sweep does not end")

    def _goes_on(
        self,
        runner: RuleRunner,
        histories: dict[str, TrialHistory],
        scores: Sequence[float],
        trial: str,
        time: float,
    ) -> bool:
        history = histories[trial]
        made = len(history.reports)
        if (trial, made) in self.failing:
            histories[trial] = replace(history, ended=time)
            runner.end(trial)
            return False
        report = Report(trial, made + 1, scores[made])
        history = replace(history, reports=(*history.reports, (time, report)))
        action = runner.report(report)
        if made + 1 == len(scores):
            history = replace(history, ended=time)
            runner.end(trial)
        histories[trial] = history
        if history.ended is None and action is Action.STOP:
            self._stop(runner, histories, [trial])
        return history.ended is None and action is Action.CONTINUE

    @staticmethod
    def _stop(runner: RuleRunner, histories: dict[str, TrialHistory], trials: Sequence[str]) -> None:
        for trial in trials:
            histories[trial] = replace(histories[trial], stopped=True)
            runner.end(trial)


def _picture(runner: RuleRunner) -> tuple[Any, dict[str, str]]:
    """Return the rule's state and which trials run or are paused."""
    return runner.state, {
        trial: "runs" if _runs(action) else str(action) for trial, action in runner.standings.items()
    }


def _runs(action: Action) -> bool:
    return action in (Action.CONTINUE, Action.PROMOTE)
