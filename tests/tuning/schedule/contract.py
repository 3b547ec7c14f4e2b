"""What every stopping rule holds to. A check raises AssertionError where the rule does not."""

from collections.abc import Collection, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from sweepbox.tuning.schedule.replay import TrialHistory, replay
from sweepbox.tuning.schedule.rule import (
    Action,
    Actions,
    CopyOrder,
    Ended,
    Event,
    Plan,
    Report,
    StoppingRule,
)
from sweepbox.tuning.schedule.runner import RuleRunner
from sweepbox.tuning.schedule.simulator import Curve, Simulation, simulate
from sweepbox.tuning.schedule.table import RuleKind


def rule_for(
    kind: RuleKind[Any], curves: Sequence[Curve], *, seed: int = 0, protected: Collection[str] = ()
) -> StoppingRule[Any]:
    """Return the rule with its default options, for trials that would train like the curves."""
    longest = max(len(curve.scores) for curve in curves)
    plan = Plan(trials=len(curves), max_evaluations=longest, seed=seed, protected=frozenset(protected))
    return kind.build(kind.options(), plan)


@dataclass
class Copies:
    """Makes the curves of copies: those of their sources, a little better, numbered on."""

    curves: dict[str, Curve]

    def __call__(self, order: CopyOrder) -> Curve:
        source = self.curves[order.source]
        name = f"{len(self.curves):04d}"
        scores = tuple(score + 0.5 for score in source.scores)
        self.curves[name] = Curve(name, scores, source.seconds)
        return self.curves[name]


def copies_of(curves: Sequence[Curve]) -> Copies:
    """Return what makes copies of the curves and of their copies."""
    return Copies({curve.trial: curve for curve in curves})


@dataclass
class Watched:
    """A rule whose every decision is checked: pure, repeatable, and on trials that can be acted on."""

    rule: StoppingRule[Any]
    log: list[tuple[Event, Actions]] = field(default_factory=list)

    @property
    def plan(self) -> Plan:
        return self.rule.plan

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


def check_every_trial_ends(
    kind: RuleKind[Any], curves: Sequence[Curve], *, workers: int, protected: Collection[str] = ()
) -> Simulation:
    """A simulated sweep ends; each trial is finished or stopped once, and then neither runs nor is acted on."""
    copies = copies_of(curves)
    rule = Watched(rule_for(kind, curves, protected=protected))
    simulation = simulate(rule, curves, workers=workers, copy=copies)
    over = [*simulation.finished, *(trial for _, trial in simulation.stopped)]
    assert sorted(over) == sorted(copies.curves)
    assert set(protected) <= set(simulation.finished)
    last = {step.report.trial: step.time for step in simulation.steps}
    assert all(last[trial] <= time for time, trial in simulation.stopped)
    again = rule_for(kind, curves, protected=protected)
    assert simulation == simulate(again, curves, workers=workers, copy=copies_of(curves)), (
        "a sweep repeats itself"
    )
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
            if isinstance(action, CopyOrder):
                assert trial == reporting == action.member != action.source
                assert action.source not in over, f"{action.source} is over"
            elif trial == reporting:
                assert action in (Action.CONTINUE, Action.PAUSE, Action.YIELD, Action.STOP)
            else:
                assert trial in paused, f"{action} for {trial}, which is not paused"
                assert action in (Action.PROMOTE, Action.STOP)
            paused.discard(trial)
            if action is Action.PAUSE:
                paused.add(trial)
            if action is Action.STOP or isinstance(action, CopyOrder):
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
        assert all(isinstance(action, Action | CopyOrder) for action in actions.values())


@dataclass
class Interleaving:
    """A sweep without a clock: which of the running trials is evaluated next, and which fails, is drawn."""

    rule: StoppingRule[Any]
    curves: Sequence[Curve]
    workers: int
    draws: Sequence[int]
    failing: frozenset[tuple[str, int]] = frozenset()
    """Trials that fail, each with the number of evaluations that it has by then."""
    _begun: dict[str, int] = field(default_factory=dict)
    """The evaluations before the beginning of copies."""

    def moments(self) -> Iterator[tuple[RuleRunner, list[TrialHistory]]]:
        """Yield the runner and the records after each start and each report."""
        runner = RuleRunner(self.rule)
        histories = {curve.trial: TrialHistory(curve.trial) for curve in self.curves}
        copies = copies_of(self.curves)
        new = iter([*copies.curves])

        def copy(order: CopyOrder) -> str:
            name = copies(order).trial
            histories[name] = TrialHistory(name, replaces=order.member)
            self._begun[name] = order.evaluation
            return name

        running: list[str] = []
        for tick in range(10_000):
            while len(running) < self.workers and (trial := runner.next_trial(lambda: next(new, None), copy)):
                running.append(trial)
                if histories[trial].started is None:
                    histories[trial] = replace(histories[trial], started=float(tick))
            self._stop(runner, histories, runner.take_stopped())
            yield runner, list(histories.values())
            if not running:
                return
            trial = running.pop(self.draws[tick % len(self.draws)] % len(running))
            if self._goes_on(runner, histories, copies.curves[trial].scores, trial, float(tick)):
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
        made = len(history.reports) + self._begun.get(trial, 0)
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


def _picture(runner: RuleRunner) -> tuple[Any, dict[str, str], dict[str, CopyOrder]]:
    """Return the rule's state, which trials run or are paused, and which copies are to be made."""
    standings = {trial: "runs" if _runs(action) else str(action) for trial, action in runner.standings.items()}
    return runner.state, standings, {order.member: order for order in runner.orders}


def _runs(action: Action) -> bool:
    return action in (Action.CONTINUE, Action.PROMOTE, Action.YIELD)
