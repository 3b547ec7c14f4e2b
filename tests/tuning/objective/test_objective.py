import math

import pytest

from sweepbox.detection.core.errors import SweepError, TrainingError
from sweepbox.detection.core.metric_names import MetricSet, reported_names
from sweepbox.tuning.objective.objective import Mode, Objective, check_metrics
from sweepbox.tuning.spec.schema import ObjectiveSpec

FLOORED = Objective("mAP", Mode.MAX, {"AP@.50/rare": 0.3})


@pytest.mark.parametrize(
    ("metric", "mode", "expected"),
    [("mAP", None, Mode.MAX), ("loss/total", None, Mode.MIN), ("loss/total", "max", Mode.MAX)],
)
def test_mode_is_inferred_where_it_is_not_given(metric: str, mode: str | None, expected: Mode) -> None:
    assert Objective.of(ObjectiveSpec(metric=metric, mode=mode)).mode is expected  # type: ignore[arg-type]


def test_floors_come_before_the_metric() -> None:
    reaching = {"mAP": 0.4, "AP@.50/rare": 0.3}
    better_but_below = {"mAP": 0.9, "AP@.50/rare": 0.29}
    assert FLOORED.rank(reaching) > FLOORED.rank(better_but_below)


def test_below_the_floors_the_score_leads_towards_them() -> None:
    assert FLOORED.score({"mAP": 0.5, "AP@.50/rare": 0.1}) == pytest.approx(0.3)
    assert FLOORED.score({"mAP": 0.5, "AP@.50/rare": 0.5}) == 0.5
    minimised = Objective("loss/total", Mode.MIN, {"mAP": 0.2})
    assert minimised.score({"loss/total": 1.0, "mAP": 0.1}) == pytest.approx(1.1)


def test_lower_is_better_where_it_is_minimised() -> None:
    loss = Objective("loss/total", Mode.MIN)
    assert loss.rank({"loss/total": 1.0}) > loss.rank({"loss/total": 2.0})


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_metric_that_is_not_finite_stops_the_trial(value: float) -> None:
    with pytest.raises(TrainingError, match=r"'mAP' is .* must be a finite number"):
        Objective("mAP", Mode.MAX).score({"mAP": value})


def test_a_missing_metric_stops_the_trial() -> None:
    with pytest.raises(TrainingError, match=r"reports no 'AP@\.50/rare'; it reports mAP"):
        FLOORED.score({"mAP": 0.5})


def test_metrics_are_checked_against_the_classes() -> None:
    check_metrics(FLOORED, reported_names(["rare", "common"], [MetricSet.COCO]))
    with pytest.raises(SweepError) as refused:
        check_metrics(
            Objective("mAP@50", Mode.MAX, {"AP@.50/rar": 0.1}), reported_names(["rare"], [MetricSet.COCO])
        )
    assert "objective.metric: no evaluation reports 'mAP@50'; did you mean 'mAP@.50'?" in str(refused.value)
    assert (
        "objective.floors.AP@.50/rar: no evaluation reports 'AP@.50/rar'; did you mean 'AP@.50/rare'?"
        in str(refused.value)
    )


def test_the_object_detection_api_s_names_are_taken_too() -> None:
    floors = {"DetectionBoxes_PerformanceByCategory/mAP/rare": 0.2, "AP/rare": 0.1, "AP@.50/rare": 0.3}
    objective = Objective.of(ObjectiveSpec(metric="DetectionBoxes_Precision/mAP@.50IOU", floors=floors))
    assert objective == Objective("mAP@.50", Mode.MAX, {"AP/rare": 0.2, "AP@.50/rare": 0.3})
    assert Objective.of(ObjectiveSpec(metric="Loss/total_loss")) == Objective("loss/total", Mode.MIN)
