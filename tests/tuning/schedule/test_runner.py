"""What the runner does with decisions, and how a record overrules one that is made again."""

from dataclasses import dataclass, replace

import pytest

from sweepbox.tuning.schedule.none import NoOptions, NoStopping
from sweepbox.tuning.schedule.replay import TrialHistory, replay
from sweepbox.tuning.schedule.rule import Action, Actions, CopyOrder, Event, Plan, Report
from sweepbox.tuning.schedule.runner import RuleRunner
from tests.tuning.schedule.toy_rules import BestOfAll, ToyOptions

PLAN = Plan(trials=3, max_evaluations=3)


def best_of_all(keep: int = 1) -> RuleRunner:
    return RuleRunner(BestOfAll(ToyOptions(keep=keep), PLAN))


@dataclass(frozen=True)
class Constant:
    """Pauses each trial, and answers each event with the same actions."""

    actions: Actions
    plan: Plan = PLAN

    def initial_state(self) -> None:
        return None

    def decide(self, state: None, event: Event) -> tuple[None, Actions]:
        own = {event.trial: Action.PAUSE} if isinstance(event, Report) else {}
        return None, {**own, **self.actions}


def started(runner: RuleRunner, *trials: str) -> None:
    new = iter(trials)
    for _ in trials:
        runner.next_trial(lambda: next(new, None))


def test_what_nobody_promotes_is_stopped_when_nothing_runs() -> None:
    runner = RuleRunner(Constant({}))
    started(runner, "a", "b")
    runner.report(Report("a", 1, 0.1))
    assert runner.next_trial(lambda: None) is None
    assert runner.runs_any
    assert runner.take_stopped() == []
    runner.report(Report("b", 1, 0.1))
    assert runner.next_trial(lambda: None) is None
    assert not runner.runs_any
    assert runner.take_stopped() == ["a", "b"]
    assert runner.take_stopped() == []


def test_an_evaluation_counts_once() -> None:
    runner = best_of_all()
    started(runner, "a")
    assert runner.report(Report("a", 1, 0.1)) is Action.PAUSE
    state = runner.state
    assert runner.report(Report("a", 1, 0.9)) is Action.PAUSE
    assert runner.state is state


def test_a_trial_that_never_reported_is_unknown_to_the_rule() -> None:
    runner = RuleRunner(Constant({"a": Action.CONTINUE}))
    started(runner, "a")
    runner.end("a")
    assert runner.standings == {}


def test_a_trial_that_fails_while_it_waits_for_a_worker_is_not_given_out() -> None:
    runner = best_of_all()
    started(runner, "a")
    runner.report(Report("a", 1, 0.1))
    runner.resolve()
    runner.end("a")
    assert runner.next_trial(lambda: None) is None


def test_an_interrupted_trial_is_neither_running_nor_over() -> None:
    runner = RuleRunner(NoStopping(NoOptions(), PLAN))
    started(runner, "a")
    runner.report(Report("a", 1, 0.1))
    runner.release("a")
    assert not runner.runs_any
    assert runner.standings == {"a": Action.CONTINUE}


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ({"a": Action.PROMOTE}, "Constant: promote is no action for trial 'a' now"),
        ({"b": Action.PAUSE}, "Constant: pause is no action for trial 'b' now"),
    ],
)
def test_an_action_that_means_nothing_is_refused(actions: Actions, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RuleRunner(Constant(actions)).report(Report("a", 1, 0.1))


def history(trial: str, *times: float, ended: float | None = None, stopped: bool = False) -> TrialHistory:
    """A trial whose score is 0.1 times its number, begun a second before its first report."""
    reports = tuple((time, Report(trial, n, 0.1 * int(trial))) for n, time in enumerate(times, start=1))
    return TrialHistory(trial, reports, started=times[0] - 1 if times else 0.0, ended=ended, stopped=stopped)


def replayed(*histories: TrialHistory, keep: int = 1) -> dict[str, Action]:
    runner = best_of_all(keep)
    replay(runner, histories)
    return runner.standings


def test_a_paused_trial_that_went_on_tells_that_nothing_ran_before() -> None:
    told = replayed(history("1", 1), history("2", 2), history("3", 3, 7), keep=2)
    assert told == {"1": Action.STOP, "2": Action.PROMOTE, "3": Action.CONTINUE}


def test_a_paused_trial_that_was_stopped_tells_it_too() -> None:
    told = replayed(history("1", 1, stopped=True), history("2", 2), history("3", 3), keep=1)
    assert told == {"2": Action.STOP, "3": Action.PROMOTE}


def test_a_paused_trial_that_failed_tells_it_too() -> None:
    told = replayed(history("1", 1), history("2", 2), history("3", 3, ended=5), keep=2)
    assert told == {"1": Action.STOP, "2": Action.PROMOTE}


def test_a_paused_trial_that_finished_with_its_report_tells_nothing() -> None:
    told = replayed(history("1", 1), history("2", 2), history("3", 3, ended=3))
    assert told == {"1": Action.PAUSE, "2": Action.PAUSE}


def test_it_tells_nothing_while_another_trial_ran() -> None:
    """The record is right: trial 3 went on. The others wait for a moment when no trial runs."""
    reporting_late = replace(history("1", 9), started=4.0)
    assert replayed(reporting_late, history("2", 2), history("3", 3, 7)) == {
        "1": Action.PAUSE,
        "2": Action.PAUSE,
        "3": Action.CONTINUE,
    }


def test_nor_while_a_trial_that_has_not_reported_ran() -> None:
    unreported = TrialHistory("1", started=4.0)
    told = replayed(unreported, history("2", 2), history("3", 3, 7))
    assert told == {"2": Action.PAUSE, "3": Action.CONTINUE}


def test_a_record_that_a_trial_is_over_is_right_whatever_the_rule_decides() -> None:
    runner = RuleRunner(NoStopping(NoOptions(), PLAN))
    replay(runner, [history("1", 1, 2, stopped=True), history("2", 1)])
    assert runner.standings == {"2": Action.CONTINUE}


@pytest.mark.parametrize("action", [Action.STOP, Action.PAUSE, Action.YIELD, CopyOrder("a", "b", 1)])
@pytest.mark.parametrize("planned", [True, False])
def test_a_protected_trial_continues_whatever_the_rule_decides(
    action: Action | CopyOrder, planned: bool
) -> None:
    plan = replace(PLAN, protected=frozenset({"a"} if planned else ()))
    runner = RuleRunner(Constant({"a": action}, plan))
    if not planned:
        runner.protect("a")
    started(runner, "a")
    assert runner.report(Report("a", 1, 0.1)) is Action.CONTINUE
    assert runner.runs_any
    assert runner.orders == ()
    runner = RuleRunner(Constant({"a": action}, plan))
    runner.protect("a")
    replay(runner, [TrialHistory("a", ((1.0, Report("a", 1, 0.1)),), started=0.0)])
    assert runner.standings == {"a": Action.CONTINUE}
