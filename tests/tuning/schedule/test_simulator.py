"""Schedules worked out by hand."""

import pytest

from sweepbox.tuning.schedule.asha import Asha, AshaOptions
from sweepbox.tuning.schedule.none import NoOptions, NoStopping
from sweepbox.tuning.schedule.rule import Action, Plan
from sweepbox.tuning.schedule.simulator import Curve, Simulation, simulate
from tests.tuning.schedule.toy_rules import BestOfAll, BetterOfTwo, ToyOptions

PLAN = Plan(trials=3, max_evaluations=3)
CURVES = [
    Curve("a", (0.1, 0.2, 0.3), (2.0, 2.0, 2.0)),
    Curve("b", (0.3, 0.4, 0.5), (3.0, 3.0, 3.0)),
    Curve("c", (0.2, 0.6, 0.1), (4.0, 1.0, 1.0)),
]


def timetable(simulation: Simulation) -> list[tuple[float, int, str]]:
    """Time, worker and trial with its evaluation."""
    return [
        (step.time, step.worker, f"{step.report.trial}{step.report.evaluation}") for step in simulation.steps
    ]


def test_without_a_rule_a_free_worker_takes_the_next_trial() -> None:
    simulation = simulate(NoStopping(NoOptions(), PLAN), CURVES, workers=2)
    assert timetable(simulation) == [
        (2, 0, "a1"),
        (3, 1, "b1"),
        (4, 0, "a2"),
        (6, 1, "b2"),
        (6, 0, "a3"),
        (9, 1, "b3"),
        (10, 0, "c1"),
        (11, 0, "c2"),
        (12, 0, "c3"),
    ]
    assert (simulation.seconds, simulation.evaluations, simulation.stopped) == (12, 9, ())
    assert simulation.finished == ("a", "b", "c")
    assert [(step.time, step.report.score) for step in simulation.improvements] == [
        (2, 0.1),
        (3, 0.3),
        (6, 0.4),
        (9, 0.5),
        (11, 0.6),
    ]


def test_a_stopped_trial_frees_its_worker() -> None:
    """The median of 0.1 and 0.3 is 0.2: c goes on with 0.2 and is stopped with 0.15, d takes its worker."""
    rule = Asha(AshaOptions(reduction_factor=2), PLAN)
    good = simulate(rule, CURVES, workers=2)
    assert timetable(good)[-3:] == [(10, 0, "c1"), (11, 0, "c2"), (12, 0, "c3")]
    poor = [*CURVES[:2], Curve("c", (0.15, 0.6, 0.1), (4.0, 1.0, 1.0)), Curve("d", (0.9,), (2.0,))]
    simulation = simulate(rule, poor, workers=2)
    assert timetable(simulation)[-2:] == [(10, 0, "c1"), (11, 1, "d1")]
    assert simulation.stopped == ((10, "c"),)
    assert simulation.finished == ("a", "b", "d")


@pytest.mark.parametrize(
    ("workers", "expected"),
    [
        (1, [(2, 0, "a1"), (5, 0, "b1"), (9, 0, "c1"), (12, 0, "b2"), (15, 0, "b3")]),
        (2, [(2, 0, "a1"), (3, 1, "b1"), (6, 0, "c1"), (9, 0, "b2"), (12, 0, "b3")]),
        (5, [(2, 0, "a1"), (3, 1, "b1"), (4, 2, "c1"), (7, 0, "b2"), (10, 0, "b3")]),
    ],
)
def test_paused_trials_free_their_workers_until_the_best_is_promoted(
    workers: int, expected: list[tuple[float, int, str]]
) -> None:
    simulation = simulate(BestOfAll(ToyOptions(keep=1), PLAN), CURVES, workers=workers)
    assert timetable(simulation) == expected
    assert [step.action for step in simulation.steps[:3]] == [Action.PAUSE] * 3
    decided = expected[2][0]
    assert simulation.stopped == ((decided, "c"), (decided, "a"))
    assert simulation.finished == ("b",)


def test_a_promoted_trial_goes_before_a_new_one() -> None:
    """b beats the paused a and goes on; when it is paused itself and c loses to it, it runs before d."""
    four = [*CURVES, Curve("d", (0.9,), (1.0,))]
    simulation = simulate(BetterOfTwo(ToyOptions(), PLAN), four, workers=1)
    assert timetable(simulation) == [
        (2, 0, "a1"),
        (5, 0, "b1"),
        (8, 0, "b2"),
        (12, 0, "c1"),
        (15, 0, "b3"),
        (16, 0, "d1"),
    ]
    assert simulation.stopped == ((5, "a"), (12, "c"))


@pytest.mark.parametrize(("scores", "seconds"), [((), ()), ((0.1,), (1.0, 2.0))])
def test_a_curve_pairs_scores_and_seconds(scores: tuple[float, ...], seconds: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=rf"trial 'a': {len(scores)} scores and {len(seconds)} seconds; give"):
        Curve("a", scores, seconds)


def test_without_a_worker_nothing_can_be_simulated() -> None:
    with pytest.raises(ValueError, match="workers: 0; give at least 1"):
        simulate(NoStopping(NoOptions(), PLAN), CURVES, workers=0)
