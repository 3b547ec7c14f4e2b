"""HyperBand and the best-k rule on surfaces with a known answer, and HyperBand beside Ray's."""

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ray.tune.experiment import Trial
from ray.tune.schedulers import HyperBandScheduler

from sweepbox.tuning.schedule.hyperband import HyperBand, HyperBandOptions
from sweepbox.tuning.schedule.rule import Action, Ended, Event, Plan, Report
from sweepbox.tuning.schedule.runner import RuleRunner
from sweepbox.tuning.schedule.simulator import Curve, simulate
from sweepbox.tuning.schedule.top_k import TopK, TopKOptions


def hyperband(*, trials: int, longest: int, factor: float = 3, grace: int = 1) -> HyperBand:
    options = HyperBandOptions(grace_period=grace, reduction_factor=factor)
    return HyperBand(options, Plan(trials=trials, max_evaluations=longest))


def straight(values: Sequence[float], *, longest: int) -> list[Curve]:
    """Trials whose scores stay as they are."""
    return [Curve(f"{n:04d}", (value,) * longest, (1.0,) * longest) for n, value in enumerate(values)]


def lengths(rule: Any, curves: Sequence[Curve], *, workers: int) -> list[int]:
    """How many evaluations each trial makes."""
    steps = simulate(rule, curves, workers=workers).steps
    return [sum(step.report.trial == curve.trial for step in steps) for curve in curves]


@pytest.mark.parametrize("workers", [1, 3, 20])
def test_the_brackets_of_hyperband(workers: int) -> None:
    """17 trials of 9 evaluations: 9 are compared at 1 and 3, 5 at 3, 3 are not; the last score best in each."""
    rule = hyperband(trials=17, longest=9)
    told = lengths(rule, straight([*range(9), *range(5), *range(3)], longest=9), workers=workers)
    assert told[:9] == [1] * 6 + [3, 3, 9]
    assert told[9:14] == [3, 3, 3, 9, 9]
    assert told[14:] == [9, 9, 9]


@pytest.mark.parametrize(
    ("longest", "factor", "grace", "milestones"),
    [
        (9, 3, 1, [(1, 3), (3,), ()]),
        (10, 3, 1, [(1, 3), (3,), ()]),
        (10, 3, 2, [(3,), ()]),
        (8, 2, 1, [(1, 2, 4), (2, 4), (4,), ()]),
        (1, 3, 1, [()]),
        (5, 3, 9, [()]),
        (10, 2.5, 1, [(1, 4), (4,), ()]),
    ],
)
def test_the_rungs_of_hyperband(
    longest: int, factor: float, grace: int, milestones: Sequence[tuple[int, ...]]
) -> None:
    runner = RuleRunner(hyperband(trials=60, longest=longest, factor=factor, grace=grace))
    for number in range(60):
        runner.report(Report(f"{number:04d}", 1, float(number)))
    opened = [bracket.milestones for bracket in runner.state.brackets]
    assert opened[: len(milestones)] == list(milestones)
    assert sum(bracket.slots for bracket in runner.state.brackets) == 60


@pytest.mark.parametrize("workers", [1, 2, 9])
def test_a_trial_that_learns_late_survives_only_in_a_later_bracket(workers: int) -> None:
    """Two late ones that are best in the end: one is compared at 1 and stopped, one is not compared."""
    late = Curve("0000", (0.0,) * 4 + (9.0,) * 5, (1.0,) * 9)
    others = straight([1.0] * 16, longest=9)
    curves = [late, *(Curve(f"{n + 1:04d}", c.scores, c.seconds) for n, c in enumerate(others))]
    curves[16] = Curve("0016", late.scores, late.seconds)
    simulation = simulate(hyperband(trials=17, longest=9), curves, workers=workers)
    assert "0016" in simulation.finished
    assert "0000" not in simulation.finished


def test_a_failed_trial_does_not_hold_the_others() -> None:
    runner = RuleRunner(hyperband(trials=9, longest=9))
    for number in range(8):
        assert runner.report(Report(f"{number:04d}", 1, float(number))) is Action.PAUSE
    runner.next_trial(lambda: "0008")
    runner.end("0008")
    assert [runner.standings[f"{n:04d}"] for n in range(8)] == [Action.PAUSE] * 8, "it never reported"
    runner.resolve()
    assert [name for name, action in runner.standings.items() if action is Action.PROMOTE] == [
        "0005",
        "0006",
        "0007",
    ]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_best_two_after_two_evaluations_continue(workers: int) -> None:
    rule = TopK(TopKOptions(evaluations=2, keep=2), Plan(trials=5, max_evaluations=4))
    scores = [(9, 1, 9, 9), (0, 5, 0, 0), (0, 2, 0, 0), (0, 4, 0, 0), (8, 3, 9, 9)]
    curves = [Curve(f"{n:04d}", tuple(map(float, row)), (1.0,) * 4) for n, row in enumerate(scores)]
    assert lengths(rule, curves, workers=workers) == [2, 4, 2, 4, 2]


def test_of_equals_the_first_trial_continues() -> None:
    rule = TopK(TopKOptions(), Plan(trials=3, max_evaluations=2))
    assert lengths(rule, straight([1.0] * 3, longest=2), workers=3) == [2, 1, 1]


@pytest.mark.parametrize(
    ("workers", "first", "told"),
    [(1, 1.0, [2, 1, 2]), (3, 1.0, [2, 1, 2]), (3, 4.0, [2, 1, 1]), (1, 4.0, [2, 1, 2])],
)
def test_a_protected_trial_trains_on_and_is_compared_until_it_ends(
    workers: int, first: float, told: list[int]
) -> None:
    plan = Plan(trials=3, max_evaluations=2, protected=frozenset({"0000"}))
    rule = TopK(TopKOptions(), plan)
    assert lengths(rule, straight([first, 2.0, 3.0], longest=2), workers=workers) == told


class RayBrackets:
    """Ray's scheduler with all trials added, and the states that Ray would give them."""

    def __init__(self, brackets: Sequence[Sequence[str]], *, longest: int, factor: float) -> None:
        """Add the trials of the brackets, the least eager bracket first."""
        self.scheduler = HyperBandScheduler(
            time_attr="t", metric="score", mode="max", max_t=longest, reduction_factor=factor
        )
        self.trials = {name: _Trial(name) for names in brackets for name in names}
        for trial in self.trials.values():
            self.scheduler.on_trial_add(self, trial)

    def stop_trial(self, trial: Any) -> None:
        """Be told, as Ray's controller is, that a paused trial is over."""
        trial.status = Trial.TERMINATED
        self.scheduler.on_trial_complete(self, trial, {})

    def report(self, event: Report) -> str:
        trial = self.trials[event.trial]
        trial.status = Trial.RUNNING
        action = self.scheduler.on_trial_result(self, trial, {"t": event.evaluation, "score": event.score})
        if action == "PAUSE":
            trial.status = Trial.PAUSED
        if action == "STOP":
            self.stop_trial(trial)
        return str(action)

    def end(self, name: str) -> None:
        self.trials[name].status = Trial.TERMINATED
        self.scheduler.on_trial_complete(self, self.trials[name], {})

    @property
    def over(self) -> set[str]:
        return {name for name, trial in self.trials.items() if trial.status == Trial.TERMINATED}


class _Trial(SimpleNamespace):
    """Stands in for a trial of Ray's."""

    def __init__(self, name: str) -> None:
        super().__init__(trial_id=name, status=Trial.PENDING, is_saving=False)

    def __hash__(self) -> int:
        return hash(self.trial_id)


def brackets_of(longest: int, factor: int) -> list[list[str]]:
    """The trials of one round of brackets, the most eager first."""
    halvings = round(np.log(longest) / np.log(factor))
    names = iter(f"{n:04d}" for n in range(1000))
    sizes = [int(np.ceil((halvings + 1) / (s + 1) * factor**s)) for s in range(halvings, -1, -1)]
    return [[next(names) for _ in range(size)] for size in sizes]


@settings(deadline=None, max_examples=30)
@given(sizes=st.sampled_from([(9, 3), (4, 2), (8, 2), (3, 3)]), seed=st.integers(0, 2**32))
def test_decisions_are_those_of_ray(sizes: tuple[int, int], seed: int) -> None:
    """All trials run at once; which is evaluated next is drawn, a few end before they are through."""
    longest, factor = sizes
    brackets = brackets_of(longest, factor)
    names = [name for bracket in brackets for name in bracket]
    ray = RayBrackets(brackets[::-1], longest=longest, factor=factor)
    runner = RuleRunner(hyperband(trials=len(names), longest=longest, factor=factor))
    draws = np.random.default_rng(seed)
    made = dict.fromkeys(names, 0)
    over: set[str] = set()
    for event in events(draws, names, made, runner, over):
        if isinstance(event, Ended):
            ray.end(event.trial)
            runner.end(event.trial)
        else:
            assert isinstance(event, Report)
            told = ray.report(event)
            assert told == {"continue": "CONTINUE", "pause": "PAUSE", "stop": "STOP"}[runner.report(event)]
        over |= set(runner.take_stopped())
        over |= {name for name, action in runner.standings.items() if action is Action.STOP}
        assert over == ray.over
    assert len(over) > 0 or longest == 1


def events(
    draws: np.random.Generator,
    names: Sequence[str],
    made: dict[str, int],
    runner: RuleRunner,
    over: set[str],
) -> Iterator[Event]:
    """Yield a first report of each trial, then reports and ends of trials that run, without a last report."""
    scores = iter(draws.permutation(10_000).tolist())
    longest = runner._rule.plan.max_evaluations
    for name in names:
        made[name] = 1
        yield Report(name, 1, float(next(scores)))
    while ready := [
        name for name in names if name not in over and not runner.is_paused(name) and made[name] < longest - 1
    ]:
        name = str(draws.choice(ready))
        rung = next(bracket.rung for bracket in runner.state.brackets if name in bracket.members)
        if draws.random() < 0.1 and rung == 0:  # later ends make Ray's trials wait for ever
            over.add(name)
            yield Ended(name)
        else:
            made[name] += 1
            yield Report(name, made[name], float(next(scores)))
