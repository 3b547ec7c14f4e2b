import math
from typing import Any

import pytest

from sweepbox.detection.core.errors import SweepError, TrainingError
from sweepbox.detection.core.metric_names import MetricSet, reported_names
from sweepbox.tuning.objective.constraint import Constraint
from sweepbox.tuning.objective.goal import Goal, Mode
from sweepbox.tuning.objective.objective import Objective, check_metrics
from sweepbox.tuning.spec.schema import ObjectiveSpec

FLOORED = Objective((Goal.metric("mAP"),), (Constraint("AP@.50/rare", 0.4),))


def objective_of(**keys: Any) -> Objective:
    return Objective.of(ObjectiveSpec(**keys))


@pytest.mark.parametrize(
    ("metric", "mode", "expected"),
    [
        ("mAP", None, Mode.MAX),
        ("loss/total", None, Mode.MIN),
        ("loss/total", "max", Mode.MAX),
        ("latency_ms", None, Mode.MIN),
        ("parameters", None, Mode.MIN),
    ],
)
def test_the_mode_is_inferred_where_it_is_not_given(metric: str, mode: str | None, expected: Mode) -> None:
    assert objective_of(metric=metric, mode=mode).mode is expected


@pytest.mark.parametrize(
    ("keys", "metrics", "value"),
    [
        ({"metric": "mAP"}, {"mAP": 0.5}, 0.5),
        ({"weights": {"AP/a": 2.0, "AP/b": 1.0}}, {"AP/a": 0.3, "AP/b": 0.6}, 0.4),
        ({"worst_class": "AP@.50"}, {"AP@.50/a": 0.3, "AP@.50/b": 0.2, "AP/c": 0.1}, 0.2),
        ({"worst_class": "AP@.50"}, {"AP@.50/a": 0.3, "AP@.50/b": -1.0}, 0.3),
        ({"worst_class": "AP"}, {"AP/a": -1.0}, -1.0),
    ],
)
def test_the_value_of_a_goal(keys: dict[str, Any], metrics: dict[str, float], value: float) -> None:
    assert objective_of(**keys).value(metrics) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "metrics", "slack"),
    [
        ("AP/a >= 0.4", {"AP/a": 0.4}, 0.0),
        ("AP/a >= 0.4", {"AP/a": 0.3}, 0.25),
        ("AP/a >= 0.4", {"AP/a": 0.0}, 1.0),
        ("AP/a >= 0.4", {"AP/a": -1.0}, 1.0),
        ("AP/a >= 0.4", {"AP/a": 0.6}, -0.5),
        ("latency_ms <= 20", {"latency_ms": 30.0}, 0.5),
        ("latency_ms<=2e1", {"latency_ms": 10.0}, -0.5),
        ("AP@.50/light [off] >= .5", {"AP@.50/light [off]": 0.25}, 0.5),
    ],
)
def test_a_constraint_is_normalised_by_its_limit(text: str, metrics: dict[str, float], slack: float) -> None:
    assert Constraint.parse(text).slack(metrics) == pytest.approx(slack)
    assert Constraint.parse(str(Constraint.parse(text))) == Constraint.parse(text)


@pytest.mark.parametrize(
    "text", ["", "AP/a", "AP/a > 0.4", "AP/a >= much", ">= 0.4", "AP/a = 1", "0.4 <= AP/a"]
)
def test_what_is_no_constraint_is_refused(text: str) -> None:
    with pytest.raises(SweepError, match="is no constraint; write METRIC >= NUMBER"):
        Constraint.parse(text)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"metric": "mAP", "worst_class": "AP"}, "metric and worst_class are given"),
        ({"weights": {"a": 1.0}, "worst_class": "AP"}, "weights and worst_class are given"),
        ({"metric": ["mAP"]}, "give one name, or a list of two"),
        ({"metric": ["mAP", "mAP"]}, "give one name, or a list of two"),
        ({"metric": ["mAP", "latency_ms"], "mode": "max"}, "mode belongs to"),
        ({"weights": {"a": 0.0}}, "weights must be above 0"),
        ({"worst_class": "mAP"}, "worst_class"),
    ],
)
def test_contradicting_keys_are_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(SweepError, match=message):
        ObjectiveSpec(**keys)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_metric_that_is_not_finite_stops_the_trial(value: float) -> None:
    with pytest.raises(TrainingError, match=r"'mAP' is .* must be a finite number"):
        objective_of().value({"mAP": value})
    assert not objective_of().is_comparable({"mAP": value})
    assert not objective_of(worst_class="AP").is_comparable({"AP/a": value, "AP/b": 1.0})


@pytest.mark.parametrize(
    ("objective", "metrics", "missing"),
    [
        (FLOORED, {"mAP": 0.5}, r"reports no 'AP@\.50/rare'; it reports mAP"),
        (objective_of(worst_class="AP"), {"mAP": 0.5}, "reports no 'AP' of a class"),
        (objective_of(weights={"AP/a": 1.0}), {"mAP": 0.5}, "reports no 'AP/a'"),
    ],
)
def test_a_missing_metric_stops_the_trial(
    objective: Objective, metrics: dict[str, float], missing: str
) -> None:
    assert not objective.is_comparable(metrics)
    with pytest.raises(TrainingError, match=missing):
        objective.check(metrics)


def test_several_goals_have_their_own_directions() -> None:
    objective = objective_of(metric=["mAP", "latency_ms"])
    assert objective.scores({"mAP": 0.5, "latency_ms": 20.0}) == (0.5, 20.0)
    assert objective.merit({"mAP": 0.5, "latency_ms": 20.0}).scores == (0.5, -20.0)


def test_metrics_are_checked_against_the_classes() -> None:
    check_metrics(FLOORED, reported_names(["rare", "common"], [MetricSet.COCO]))
    wrong = objective_of(metric="mAP@50", floors={"AP@.50/rar": 0.1})
    with pytest.raises(SweepError) as refused:
        check_metrics(wrong, reported_names(["rare"], [MetricSet.COCO]))
    assert str(refused.value).splitlines() == [
        "objective.metric: no evaluation reports 'mAP@50'; did you mean 'mAP@.50'?",
        "objective: AP@.50/rar >= 0.1: no evaluation reports 'AP@.50/rar'; did you mean 'AP@.50/rare'?",
    ]


def test_the_object_detection_api_s_names_are_accepted_and_the_stricter_limit_counts() -> None:
    floors = {"DetectionBoxes_PerformanceByCategory/mAP/rare": 0.2, "AP/rare": 0.1}
    objective = objective_of(metric="DetectionBoxes_Precision/mAP@.50IOU", floors=floors)
    assert objective == Objective((Goal.metric("mAP@.50"),), (Constraint("AP/rare", 0.2),))
    both = objective_of(floors={"AP/a": 0.1}, constraints=["AP/a >= 0.3", "AP/a <= 0.9", "AP/a <= 0.8"])
    assert [str(item) for item in both.constraints] == ["AP/a >= 0.3", "AP/a <= 0.8"]
    assert objective_of(metric="Loss/total_loss").goals == (Goal.metric("loss/total"),)
