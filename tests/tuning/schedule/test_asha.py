"""ASHA by hand, and beside Ray's on drawn and on recorded sequences of reports."""

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ray.tune.schedulers import AsyncHyperBandScheduler

from sweepbox.tuning.objective.goal import Goal, Mode
from sweepbox.tuning.schedule.asha import Asha, AshaOptions
from sweepbox.tuning.schedule.rule import Action, Plan, Report
from tests.tuning.schedule.strategies import SCORES

RECORDED = Path(__file__).parents[2] / "golden" / "asha_decisions.json"
Reports = Sequence[tuple[str, int, float]]


def asha(*, grace: int = 1, factor: float = 2, longest: int = 8) -> Asha:
    options = AshaOptions(grace_period=grace, reduction_factor=factor)
    return Asha(options, Plan(trials=4, max_evaluations=longest))


def decisions(rule: Asha, reports: Reports, mode: Mode) -> list[str]:
    goal = Goal.metric("m", mode)
    state, decided = rule.initial_state(), []
    for trial, evaluation, score in reports:
        state, actions = rule.decide(state, Report(trial, evaluation, goal.oriented({"m": score})))
        decided.append(str(actions.get(trial, Action.CONTINUE)))
    return decided


def test_the_worse_half_is_stopped_at_each_rung() -> None:
    reports = [("0", 1, 0.5), ("1", 1, 0.4), ("2", 1, 0.6), ("0", 2, 0.7), ("2", 2, 0.6), ("0", 8, 0.7)]
    told = decisions(asha(), reports, Mode.MAX)
    assert told == ["continue", "stop", "continue", "continue", "stop", "stop"]


def test_a_loss_is_compared_the_other_way_round() -> None:
    assert decisions(asha(), [("0", 1, 0.5), ("1", 1, 0.6)], Mode.MIN) == ["continue", "stop"]


def test_the_grace_period_is_never_longer_than_a_trial() -> None:
    assert decisions(asha(grace=50, longest=3), [("0", 2, 0.1), ("0", 3, 0.1)], Mode.MAX) == [
        "continue",
        "stop",
    ]


def test_rungs_lie_below_the_longest_evaluation() -> None:
    rungs = asha(grace=2, factor=2.5, longest=50).initial_state().rungs
    assert [rung.evaluation for rung in rungs] == [31.25, 12.5, 5.0, 2.0]


def test_a_score_between_two_trials_is_interpolated() -> None:
    """The best third of 0, 1, 2 and 3 begins at 2."""
    before = [(str(number), 1, float(number)) for number in range(4)]
    assert decisions(asha(factor=3), [*before, ("4", 1, 1.99)], Mode.MAX)[-1] == "stop"
    assert decisions(asha(factor=3), [*before, ("4", 1, 2.0)], Mode.MAX)[-1] == "continue"


def ray_decisions(reports: Reports, mode: Mode, *, grace: int, factor: float, longest: int) -> list[str]:
    """What Ray's scheduler decides on the same reports."""
    scheduler = AsyncHyperBandScheduler(
        time_attr="evaluation",
        metric="score",
        mode=str(mode),
        max_t=longest,
        grace_period=grace,
        reduction_factor=factor,
    )
    decided, known = [], set()
    for trial, evaluation, score in reports:
        stand_in = SimpleNamespace(trial_id=trial)
        if trial not in known:
            known.add(trial)
            scheduler.on_trial_add(None, stand_in)
        result = {"evaluation": evaluation, "score": score}
        decided.append(str(scheduler.on_trial_result(None, stand_in, result)).lower())
    return decided


@st.composite
def sequences(draw: st.DrawFn) -> Reports:
    """Reports of up to eight trials, most one evaluation after the other, some with evaluations left out."""
    made: dict[str, int] = {}
    reports: list[tuple[str, int, float]] = []
    for trial in draw(st.lists(st.sampled_from("abcdefgh"), max_size=60)):
        made[trial] = made.get(trial, 0) + draw(st.sampled_from([1, 1, 1, 2]))
        reports.append((trial, made[trial], draw(SCORES)))
    return reports


@settings(deadline=None)
@given(
    reports=sequences(),
    mode=st.sampled_from(Mode),
    grace=st.integers(1, 4),
    factor=st.sampled_from([2, 2.5, 3, 4]) | st.floats(2, 5),
    longest=st.integers(4, 30),
)
def test_decisions_are_those_of_ray(
    reports: Reports, mode: Mode, grace: int, factor: float, longest: int
) -> None:
    told = decisions(asha(grace=grace, factor=factor, longest=longest), reports, mode)
    assert told == ray_decisions(reports, mode, grace=grace, factor=factor, longest=longest)


@pytest.mark.parametrize("case", json.loads(RECORDED.read_text())["sweeps"], ids=lambda case: case["name"])
def test_decisions_are_those_that_were_recorded(case: dict[str, Any]) -> None:
    rule = asha(grace=case["grace_period"], factor=case["reduction_factor"], longest=case["max_evaluations"])
    reports = [tuple(report) for report in case["reports"]]
    assert decisions(rule, reports, Mode(case["mode"])) == case["decisions"]
