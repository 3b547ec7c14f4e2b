"""The median rule by hand, and beside Ray's on drawn sequences of reports."""

from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ray.tune.schedulers import MedianStoppingRule

from sweepbox.tuning.schedule.median import Median, MedianOptions
from sweepbox.tuning.schedule.rule import Action, Plan, Report
from sweepbox.tuning.schedule.simulator import Curve, simulate
from tests.tuning.schedule.strategies import SCORES

Reports = Sequence[tuple[str, int, float]]


def median(*, grace: int = 1, least: int = 3) -> Median:
    return Median(MedianOptions(grace_period=grace, min_trials=least), Plan(trials=4, max_evaluations=9))


def decisions(rule: Median, reports: Reports) -> list[str]:
    state, decided = rule.initial_state(), []
    for trial, evaluation, score in reports:
        state, actions = rule.decide(state, Report(trial, evaluation, score))
        decided.append(str(actions.get(trial, Action.CONTINUE)))
    return decided


def test_a_trial_below_the_median_is_stopped() -> None:
    """The others scored 1, 2 and 3; their median is 2."""
    before = [("a", 1, 1.0), ("b", 1, 2.0), ("c", 1, 3.0)]
    assert decisions(median(), [*before, ("d", 1, 1.9)]) == ["continue"] * 3 + ["stop"]
    assert decisions(median(), [*before, ("d", 1, 2.0)]) == ["continue"] * 4


def test_averages_are_compared_with_the_best_score() -> None:
    """At evaluation 2 a, b and c average 2, 3 and 4; d had 3 once, e never more than 2.9."""
    before = [("a", 1, 1.0), ("a", 2, 3.0), ("b", 1, 3.0), ("b", 2, 3.0), ("c", 1, 4.0), ("c", 2, 4.0)]
    before = [before[n] for n in (0, 2, 4, 1, 3, 5)]
    assert decisions(median(), [*before, ("d", 1, 3.0), ("d", 2, 0.0)])[-2:] == ["continue", "continue"]
    assert decisions(median(), [*before, ("e", 1, 3.0), ("e", 2, 2.9)])[-1] == "continue"
    assert decisions(median(grace=2), [*before, ("e", 1, 2.0), ("e", 2, 2.9)])[-2:] == ["continue", "stop"]


@pytest.mark.parametrize(("least", "told"), [(1, "stop"), (2, "stop"), (3, "continue")])
def test_few_others_decide_nothing(least: int, told: str) -> None:
    reports = [("a", 1, 5.0), ("b", 1, 5.0), ("c", 1, 1.0)]
    assert decisions(median(least=least), reports)[-1] == told


def test_the_worse_half_of_a_known_surface_is_stopped() -> None:
    values = [5.0, 6.0, 7.0, 8.0, 1.0, 9.0, 2.0, 7.5]
    curves = [Curve(f"{n:04d}", (value,) * 3, (1.0,) * 3) for n, value in enumerate(values)]
    simulation = simulate(median(), curves, workers=1)
    assert sorted(trial for _, trial in simulation.stopped) == ["0004", "0006"]


def ray_decisions(reports: Reports, *, grace: int, least: int) -> list[str]:
    """What Ray's rule decides on the same reports; trials that it would pause continue."""
    scheduler = MedianStoppingRule(
        time_attr="t",
        metric="score",
        mode="max",
        grace_period=grace,
        min_samples_required=least,
        min_time_slice=float("inf"),
    )
    trials: dict[str, SimpleNamespace] = {}
    decided = []
    for name, evaluation, score in reports:
        trial = trials.setdefault(name, _Trial(trial_id=name))
        told = scheduler.on_trial_result(None, trial, {"t": evaluation, "score": score})
        decided.append(str(told).lower())
    return decided


class _Trial(SimpleNamespace):
    def __hash__(self) -> int:
        return hash(self.trial_id)


@st.composite
def sequences(draw: st.DrawFn) -> Reports:
    """Reports of up to eight trials, most one evaluation after the other."""
    made: dict[str, int] = {}
    reports: list[tuple[str, int, float]] = []
    for trial in draw(st.lists(st.sampled_from("abcdefgh"), max_size=60)):
        made[trial] = made.get(trial, 0) + draw(st.sampled_from([1, 1, 1, 2]))
        reports.append((trial, made[trial], draw(SCORES)))
    return reports


@settings(deadline=None)
@given(reports=sequences(), grace=st.integers(1, 4), least=st.integers(1, 4))
def test_decisions_are_those_of_ray(reports: Reports, grace: int, least: int) -> None:
    """Up to a trial's stop: Ray takes no report of a stopped trial."""
    alive: list[tuple[str, int, float]] = []
    over: set[str] = set()
    rule = median(grace=grace, least=least)
    state = rule.initial_state()
    for trial, evaluation, score in reports:
        if trial not in over:
            alive.append((trial, evaluation, score))
            state, actions = rule.decide(state, Report(trial, evaluation, score))
            over |= set(actions)
    assert decisions(rule, alive) == ray_decisions(alive, grace=grace, least=least)
