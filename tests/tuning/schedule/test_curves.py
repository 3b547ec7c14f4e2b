"""The rule on extrapolated curves: who is stopped, who waits, who is resumed."""

import numpy as np
import pytest

from sweepbox.tuning.schedule.asha import Asha, AshaOptions
from sweepbox.tuning.schedule.curves import Curves, CurvesOptions, CurvesState
from sweepbox.tuning.schedule.none import NoOptions, NoStopping
from sweepbox.tuning.schedule.rule import Action, Actions, CopyOrder, Ended, Idle, Plan, Report
from sweepbox.tuning.schedule.simulator import Curve, simulate
from tests.tuning.schedule.test_extrapolation import LENGTH, drawn

RISING = (0.3, 0.5, 0.6, 0.65, 0.68, 0.69, 0.7, 0.7)


def rule(*, trials: int, grace: int = 1, stop: float = 0.02) -> Curves:
    options = CurvesOptions(grace_period=grace, stop_below=stop)
    return Curves(options, Plan(trials=trials, max_evaluations=LENGTH))


def after(rule: Curves, *reports: Report) -> tuple[CurvesState, Actions]:
    """Return the state and the actions after the last of the reports."""
    state, actions = rule.initial_state(), {}
    for report in reports:
        state, actions = rule.decide(state, report)
    return state, actions


def reports(trial: str, *scores: float) -> list[Report]:
    return [Report(trial, number, score) for number, score in enumerate(scores, start=1)]


def test_a_trial_alone_continues() -> None:
    assert after(rule(trials=9), *reports("a", *RISING))[1] == {}


def test_a_worse_trial_waits_while_there_are_new_ones() -> None:
    state, actions = after(rule(trials=9), *reports("a", *RISING[:3]), *reports("b", 0.2))
    assert actions == {"b": Action.PAUSE}
    assert state.paused == {"b"}


def test_a_hopeless_trial_is_stopped() -> None:
    state, actions = after(rule(trials=9), *reports("a", *RISING), *reports("b", 0.01, 0.02))
    assert actions == {"b": Action.STOP}
    assert "b" in state.over


def test_nothing_happens_to_a_trial_within_the_grace_period() -> None:
    given = [*reports("a", *RISING), *reports("b", 0.01, 0.02, 0.02, 0.02)]
    assert after(rule(trials=9, grace=5), *given)[1] == {}


def test_the_best_of_those_that_wait_are_resumed_when_all_have_begun() -> None:
    """Of four trials two are resumed at once, the best first, beside the one that reports last."""
    state, _ = after(rule(trials=4), *reports("a", *RISING[:2]), *reports("c", 0.2), *reports("b", 0.28))
    assert state.paused == {"b", "c"}
    _, actions = rule(trials=4).decide(state, Report("d", 1, 0.25))
    assert [trial for trial, action in actions.items() if action is Action.PROMOTE] == ["b", "c"]


def test_a_trial_waits_for_one_with_twice_its_chance_and_another_ends() -> None:
    """The trial resumed first turns out flat, so the one that still waits has the better prospects."""
    patient = rule(trials=5, stop=0.0)
    begun = [(trial, 0.29 - 0.01 * number) for number, trial in enumerate("bcde")]
    state, actions = after(patient, *reports("a", *RISING[:2]), *(Report(trial, 1, at) for trial, at in begun))
    assert actions == {"b": Action.PROMOTE, "c": Action.PROMOTE}
    assert state.paused == {"d"}
    state, actions = patient.decide(state, Report("b", 2, 0.29))
    assert actions == {"b": Action.PAUSE, "d": Action.PROMOTE}
    state, actions = patient.decide(state, Report("d", 2, 0.45))
    assert actions == {}
    state, actions = patient.decide(state, Ended("c"))
    assert actions == {"b": Action.PROMOTE}
    assert patient.decide(state, Idle())[1] == {}


def test_a_trial_that_failed_counts_with_its_best_score() -> None:
    state, _ = after(rule(trials=9), *reports("a", *RISING))
    state, _ = rule(trials=9).decide(state, Ended("a"))
    _, actions = rule(trials=9).decide(state, Report("b", 1, 0.29))
    assert actions == {"b": Action.PAUSE}


def test_copies_are_never_ordered() -> None:
    curves = _curves(seed=0)
    simulation = simulate(rule(trials=len(curves)), curves, workers=3)
    assert not any(isinstance(step.action, CopyOrder) for step in simulation.steps)


def test_most_of_the_compute_is_saved_and_little_of_the_score_lost() -> None:
    """Over twenty sweeps of 64 trials, beside all trials in full and beside ASHA."""
    found: dict[str, list[tuple[int, float]]] = {"curves": [], "asha": [], "none": []}
    plan = Plan(trials=64, max_evaluations=LENGTH)
    for seed in range(20):
        curves = _curves(seed)
        best = max(max(curve.scores) for curve in curves)
        rules = {
            "curves": Curves(CurvesOptions(), plan),
            "asha": Asha(AshaOptions(), plan),
            "none": NoStopping(NoOptions(), plan),
        }
        for name, given in rules.items():
            simulation = simulate(given, curves, workers=8)
            regret = best - max(step.report.score for step in simulation.steps)
            found[name].append((simulation.evaluations, regret))
    cost = {name: np.median([evaluations for evaluations, _ in rows]) for name, rows in found.items()}
    regret = {name: np.mean([lost for _, lost in rows]) for name, rows in found.items()}
    assert cost["curves"] < 0.45 * cost["none"]
    assert regret["curves"] < 0.5 * regret["asha"]
    assert regret["curves"] == pytest.approx(0, abs=0.005)


def _curves(seed: int) -> list[Curve]:
    rng = np.random.default_rng(seed)
    return [Curve(f"{n:04d}", tuple(drawn(rng)), (1.0,) * LENGTH) for n in range(64)]
