import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.budget.forecast import estimate_time_left, estimate_work_left
from sweepbox.tuning.spec.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("90", 90), ("10m", 600), ("1h30m", 5400), ("1.5h", 5400), ("2d", 172800), (" 5M ", 300)],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0s", "ten", "10m5", "5x", "-3m", "m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    if text == "10m5":
        assert parse_duration(text) == 605  # seconds may go without their unit
        return
    with pytest.raises(SweepError, match="is no duration; write for instance"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59.4, "59s"), (60, "1m 00s"), (605, "10m 05s"), (3600, "1h 00m"), (90000, "1d 01h")],
)
def test_durations_are_written(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_work_left_is_that_of_new_and_of_running_trials() -> None:
    known = {"evaluations_per_trial": 6, "trials_to_start": 4, "evaluations_of_running": 6}
    assert estimate_work_left(seconds_per_evaluation=10, **known) == (4 * 6 + 6) * 10
    assert estimate_work_left(seconds_per_evaluation=None, **known) is None


def test_time_left_is_work_left_over_what_runs_at_a_time() -> None:
    assert estimate_time_left(work_left_s=300, num_workers=2) == 150


def test_time_left_is_never_more_than_the_budget() -> None:
    assert estimate_time_left(work_left_s=300, num_workers=1, budget_left_s=30) == 30
    assert estimate_time_left(work_left_s=None, num_workers=1, budget_left_s=30) == 30
    assert estimate_time_left(work_left_s=None, num_workers=1) is None
