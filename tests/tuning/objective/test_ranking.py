import math

from sweepbox.tuning.objective.constraint import Constraint
from sweepbox.tuning.objective.goal import Goal, Mode
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.objective.ranking import Candidate, best_of, pareto_front, ranked, trials_to_drop

HIGHEST = Objective((Goal.metric("mAP"),))


def candidate(trial: str, evaluation: int, value: float, rare: float = 1.0) -> Candidate:
    return Candidate(trial, evaluation, {"mAP": value, "AP/rare": rare})


def test_the_best_checkpoint_wins_not_the_last() -> None:
    course = [candidate("0", 1, 0.3), candidate("0", 2, 0.6), candidate("0", 3, 0.5)]
    assert best_of(course, HIGHEST) == course[1]


def test_the_best_of_nothing_is_nothing() -> None:
    assert best_of([], HIGHEST) is None


def test_what_is_not_finite_or_missing_never_wins() -> None:
    broken = [candidate("0", 1, math.nan), candidate("0", 2, math.inf), Candidate("1", 1, {})]
    assert best_of(broken, HIGHEST) is None
    assert best_of([*broken, candidate("2", 1, -1.0)], HIGHEST) == candidate("2", 1, -1.0)


def test_of_equals_the_earlier_wins_in_any_order() -> None:
    equals = [candidate("1", 1, 0.5), candidate("0", 2, 0.5), candidate("0", 1, 0.5)]
    assert best_of(equals, HIGHEST) == candidate("0", 1, 0.5)
    assert [(item.trial, item.evaluation) for item in ranked(equals[::-1], HIGHEST)] == [
        ("0", 1),
        ("0", 2),
        ("1", 1),
    ]


def test_of_equals_by_the_first_goal_the_next_decides() -> None:
    """A cost is the same at all evaluations of a trial."""
    both = Objective((Goal.metric("parameters"), Goal.metric("mAP")))
    course = [
        Candidate("0", number, {"parameters": 9.0, "mAP": value}) for number, value in [(1, 0.3), (2, 0.6)]
    ]
    assert best_of(course, both) == course[1]


def test_floors_decide_before_the_metric() -> None:
    floored = Objective((Goal.metric("mAP"),), (Constraint("AP/rare", 0.2),))
    below = [candidate("0", 1, 0.9, rare=0.1), candidate("1", 1, 0.8, rare=0.15)]
    assert best_of([*below, candidate("2", 1, 0.4, rare=0.2)], floored) == candidate("2", 1, 0.4, rare=0.2)
    assert best_of(below, floored) == below[1]  # it lacks less
    hopeless = [candidate("0", 1, 0.8, rare=0.0), candidate("1", 1, 0.9, rare=-1.0)]
    assert best_of(hopeless, floored) == hopeless[1]  # all lack everything: the metric decides


def test_the_pareto_front_has_the_feasible_that_nothing_dominates() -> None:
    both = Objective((Goal.metric("mAP"), Goal.metric("latency_ms")), (Constraint("AP/rare", 0.2),))
    items = [
        Candidate(trial, 1, {"mAP": value, "latency_ms": latency, "AP/rare": rare})
        for trial, value, latency, rare in [
            ("0", 0.5, 10.0, 0.3),
            ("1", 0.7, 30.0, 0.3),
            ("2", 0.4, 20.0, 0.3),
            ("3", 0.9, 5.0, 0.1),
        ]
    ]
    assert [item.trial for item in pareto_front(items, both)] == ["1", "0"]
    assert best_of(items, both) == items[1]
    assert trials_to_drop(items, both, keep=2) == ["2", "3"]
    assert pareto_front(items[3:], both) == []


def test_all_but_the_best_checkpoints_are_dropped() -> None:
    bests = [
        candidate("0", 1, 0.2),
        candidate("1", 1, 0.7),
        candidate("2", 1, 0.5),
        candidate("3", 1, math.nan),
    ]
    assert trials_to_drop(bests, HIGHEST, keep=2) == ["0", "3"]
    assert trials_to_drop(bests, HIGHEST, keep=9) == ["3"]
    assert trials_to_drop(bests, Objective((Goal.metric("mAP", Mode.MIN),)), keep=1) == ["1", "2", "3"]
