"""The choice among finalists: means, constraints, ties and costs."""

from collections.abc import Mapping

import numpy as np
import pytest

from sweepbox.tuning.objective.goal import Goal
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.spec.schema import ObjectiveSpec
from sweepbox.tuning.storage.trial_record import Evaluation, TrialState, TrialStatus
from sweepbox.tuning.sweep.trial_result import TrialResult
from sweepbox.tuning.winner.choice import Contender, choose
from sweepbox.tuning.winner.cross_validation import mean_metrics
from sweepbox.tuning.winner.finalists import Finalist
from sweepbox.tuning.winner.resamples import Resamples
from sweepbox.tuning.winner.score import BootstrappedScore

GOAL = Goal.metric("mAP")
RESAMPLES = Resamples(np.ones((200, 50), np.int64), tuple(map(str, range(50))), 0)
NOISE = np.random.default_rng(0).normal(0, 1, 200)
OTHER_NOISE = np.random.default_rng(1).normal(0, 1, 200)


def run(trial: str, **metrics: float) -> TrialResult:
    status = TrialStatus(TrialState.FINISHED, 0, "f", 10, 1, step=10)
    evaluation = Evaluation(1, 10, 1.0, 1.0, metrics)
    return TrialResult(trial, status, (), (evaluation,), evaluation)


def contender(
    name: str,
    values: Mapping[int, float],
    *,
    noise: np.ndarray = NOISE,
    spread: float = 0.001,
    base: bool = False,
    **costs: float,
) -> Contender:
    runs = {seed: run(f"{name}{seed}", mAP=value, **costs) for seed, value in values.items()}
    mean = float(np.mean(list(values.values())))
    score = BootstrappedScore(name, GOAL, dict(values), mean + spread * noise, 50.0, RESAMPLES)
    return Contender(Finalist(name, name, name, base), runs, score)


def objective(**spec: object) -> Objective:
    return Objective.of(ObjectiveSpec(metric="mAP", **spec))


def test_the_best_mean_wins_and_not_the_best_training() -> None:
    lucky, steady = contender("lucky", {0: 0.6, 1: 0.3}), contender("steady", {0: 0.5, 1: 0.5})
    assert lucky.metrics["mAP"] == pytest.approx(0.45)
    choice = choose([lucky, steady], objective())
    assert [item.name for item in choice.contenders] == ["steady", "lucky"]


@pytest.mark.parametrize(
    ("better", "worse", "expected", "tied"),
    [
        pytest.param({"parameters": 9.0}, {"parameters": 5.0}, "worse", ("better",), id="fewer parameters"),
        pytest.param({"parameters": 5.0}, {"parameters": 9.0}, "better", ("worse",), id="better and cheaper"),
        pytest.param({"parameters": 5.0}, {"parameters": 5.0}, "better", ("worse",), id="equal costs"),
        pytest.param(
            {"parameters": 5.0, "latency_ms": 9.0},
            {"parameters": 9.0, "latency_ms": 5.0},
            "worse",
            ("better",),
            id="latency before parameters",
        ),
        pytest.param(
            {"parameters": 5.0, "latency_ms": 9.0}, {"parameters": 9.0}, "better", ("worse",), id="one latency"
        ),
        pytest.param({}, {"parameters": 9.0}, "worse", ("better",), id="parameters unknown"),
    ],
)
def test_of_a_tie_the_cheapest_wins(
    better: dict[str, float], worse: dict[str, float], expected: str, tied: tuple[str, ...]
) -> None:
    pair = [
        contender("worse", {0: 0.50}, spread=0.1, noise=OTHER_NOISE, **worse),
        contender("better", {0: 0.51}, spread=0.1, **better),
    ]
    choice = choose(pair, objective())
    assert (choice.winner.name, choice.tie_with) == (expected, tied)


def test_a_shown_difference_is_no_tie_however_cheap_the_other_is() -> None:
    cheap = contender("cheap", {0: 0.40}, parameters=1.0)
    choice = choose([cheap, contender("good", {0: 0.50}, parameters=9.0)], objective())
    assert (choice.winner.name, choice.tie_with) == ("good", ())


def test_a_finalist_that_breaks_a_constraint_wins_no_tie() -> None:
    given = [
        contender("feasible", {0: 0.50}, spread=0.1, parameters=9.0, recall=0.5),
        contender("broken", {0: 0.52}, spread=0.1, noise=OTHER_NOISE, parameters=1.0, recall=0.2),
    ]
    choice = choose(given, objective(floors={"recall": 0.4}))
    assert (choice.winner.name, choice.tie_with) == ("feasible", ())


def test_the_winner_is_compared_with_the_base_and_exports_its_best_seed() -> None:
    base, other = contender("base", {3: 0.3, 4: 0.4}, base=True), contender("other", {3: 0.5, 4: 0.7})
    choice = choose([other, base], objective())
    assert choice.with_base is not None
    assert (choice.with_base.first, choice.with_base.second) == ("other", "base")
    assert choice.with_base.difference == pytest.approx(0.25)
    assert choice.winner.best_run(objective()) == (4, other.runs[4])
    alone = choose([base], objective())
    assert (alone.winner, alone.with_base, alone.challenger) == (base, None, None)


def test_a_base_that_wins_is_compared_with_the_next_best() -> None:
    base, other, third = (
        contender("base", {0: 0.5}, base=True), contender("other", {0: 0.3}), contender("third", {0: 0.2}),
    )  # fmt: skip
    choice = choose([third, other, base], objective())
    assert (choice.winner, choice.challenger) == (base, other)
    assert choice.with_base is not None
    assert choice.with_base.difference == pytest.approx(-0.2)


def test_without_intervals_only_equal_means_tie() -> None:
    plain = [
        Contender(
            Finalist(name, name, name, is_base=False), {0: run(name, **{"loss/total": loss}, parameters=size)}
        )
        for name, loss, size in (("a", 1.0, 2.0), ("b", 1.0, 1.0), ("c", 1.1, 0.5))
    ]
    choice = choose(plain, Objective.of(ObjectiveSpec(metric="loss/total")))
    assert (choice.winner.name, choice.tie_with, choice.with_base) == ("b", ("a",), None)


def test_mean_metrics_are_of_those_that_all_have() -> None:
    assert mean_metrics([{"a": 1.0, "b": 2.0}, {"a": 3.0}]) == {"a": 2.0}
