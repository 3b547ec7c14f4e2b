import pytest

from sweepbox.detection.core.errors import TrainingError
from sweepbox.detection.training.best import is_better, metric_value


@pytest.mark.parametrize(
    ("metric", "value", "best", "expected"),
    [
        ("mAP", 0.0, None, True),
        ("mAP", 0.5, 0.4, True),
        ("mAP", 0.4, 0.4, False),
        ("mAP", 0.3, 0.4, False),
        ("loss/total", 0.3, 0.4, True),
        ("loss/total", 0.4, 0.4, False),
        ("loss/total", 0.5, 0.4, False),
        ("AP/mask", -1.0, None, True),
    ],
)
def test_greater_is_better_except_for_losses(
    metric: str, value: float, best: float | None, expected: bool
) -> None:
    assert is_better(metric, value, best) is expected


def test_the_error_for_an_unreported_metric_lists_the_reported_ones() -> None:
    with pytest.raises(TrainingError, match="'AP' is not reported; choose one of AR@100, mAP"):
        metric_value({"mAP": 0.5, "AR@100": 0.2}, "AP", step=3)


def test_a_metric_that_is_not_finite_is_an_error() -> None:
    with pytest.raises(TrainingError, match="mAP is nan at step 3"):
        metric_value({"mAP": float("nan")}, "mAP", step=3)
