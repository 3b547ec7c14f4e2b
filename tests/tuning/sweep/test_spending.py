"""What a sweep has used, and what ends it, from the records of trials that were made up."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from sweepbox.tuning.report.markdown import report_text
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.metadata import begin_session, end_session
from sweepbox.tuning.storage.trial_record import TrialState, read_status, write_status
from sweepbox.tuning.sweep.formatting import spending_texts
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import load_sweep
from sweepbox.tuning.sweep.spending import limit_reached
from sweepbox.tuning.sweep.state import SweepState

Begin = Callable[..., SweepFolder]
Live = Callable[[SweepFolder, str, Sequence[float], TrialState], None]
GPU: dict[str, Any] = {
    "objective": {"metric": "mAP"},
    "resources_per_trial": {"cpu": 1, "gpu": 0.5},
    "cost": {"per_gpu_hour": 900, "limit": 2.5},
    "gpu_hours": 1,
}


@pytest.fixture
def made(sweep: Begin, live: Live) -> Callable[..., SweepState]:
    """Return a function that makes a sweep whose trials have measured these values."""

    def make(*trials: tuple[Sequence[float], TrialState], **changes: Any) -> SweepState:
        folder = sweep(**{"trials": 6, "objective": {"metric": "mAP"}, **changes})
        manager = TrialManager(folder, load_spec(folder.spec))
        for values, state in trials:
            live(folder, str(manager.next_trial()), values, state)
        return load_sweep(folder.path)

    return make


FINISHED = ([0.2, 0.3, 0.4], TrialState.FINISHED)  # 12 seconds
STOPPED = ([0.1], TrialState.STOPPED_EARLY)  # 4 seconds
WORSE = ([0.1, 0.1, 0.1], TrialState.STOPPED_EARLY)  # of two such trials, the later one ends last


def test_trials_are_added_up(made: Callable[..., SweepState]) -> None:
    spending = made(FINISHED, STOPPED, **GPU).spending
    assert (spending.spent.trials, spending.spent.trial_hours) == (2, pytest.approx(16 / 3600))
    assert spending.spent.gpu_hours == pytest.approx(8 / 3600)
    assert spending.spent.cost == pytest.approx(2.0)
    assert spending.forecast is not None
    # four more trials of two evaluations, as the first two had on average, of four seconds
    assert spending.forecast.trials == 6
    assert spending.forecast.trial_hours == pytest.approx((16 + 4 * 2 * 4) / 3600)
    assert spending.forecast.cost == pytest.approx(6.0)
    assert spending_texts(spending) == [
        "0.00 of 1 GPU-hours (forecast 0.01)",
        "cost 2.00 of 2.5 (forecast 6.00)",
    ]


def test_trials_without_gpus_have_no_gpu_hours(made: Callable[..., SweepState]) -> None:
    spending = made(FINISHED).spending
    assert spending.spent.gpu_hours == 0
    assert spending.to_json() == {
        "spent": {"trials": 1, "trial_hours": 0.0033, "gpu_hours": 0.0, "cost": None},
        "forecast": {"trials": 6, "trial_hours": 0.02, "gpu_hours": 0.0, "cost": None},
        "limits": {"trials": 6, "gpu_hours": None, "cost": None},
    }
    assert spending_texts(spending) == []


def test_nothing_is_forecast_before_an_evaluation(made: Callable[..., SweepState]) -> None:
    assert made().spending.forecast is None


def test_the_gpu_that_a_trial_held_counts_not_the_one_of_now(made: Callable[..., SweepState]) -> None:
    state = made(FINISHED, **GPU)
    folder = state.folder.trial("0000")
    write_status(folder, replace(read_status(folder), gpu_seconds=12.0))  # it had a whole one
    assert load_sweep(state.folder.path).spending.spent.cost == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("trials", "changes", "reason"),
    [
        ([FINISHED, STOPPED], GPU, None),
        ([FINISHED, FINISHED], GPU, "cost limit of 2.5"),
        ([FINISHED, FINISHED], {**GPU, "gpu_hours": 0.003}, "limit of 0.003 GPU-hours"),
        ([FINISHED, FINISHED], {**GPU, "cost": {"per_gpu_hour": 900}}, None),
        ([FINISHED, WORSE], {"stop": {"gain_below": 0.01, "for": 1, "after": 2}}, "stop rule: the last 1"),
        ([WORSE, FINISHED], {"stop": {"gain_below": 0.01, "for": 1, "after": 2}}, None),
        ([FINISHED, WORSE], {"stop": {"gain_below": 0.01, "for": 1, "after": 3}}, None),
        ([FINISHED, ([], TrialState.FAILED)], {"stop": {"gain_below": 0.01, "for": 1, "after": 2}}, None),
        (
            [FINISHED, WORSE, ([0.9], TrialState.RUNNING)],
            {"stop": {"gain_below": 0.01, "for": 1, "after": 2}},
            None,
        ),
    ],
)
def test_what_ends_a_sweep(
    made: Callable[..., SweepState], trials: Any, changes: dict[str, Any], reason: str | None
) -> None:
    reached = limit_reached(made(*trials, **changes))
    assert reached is None if reason is None else str(reached).startswith(reason)


def test_trials_count_in_the_order_of_their_ends(made: Callable[..., SweepState]) -> None:
    rule = {"gain_below": 0.01, "for": 1, "after": 2}
    state = made(WORSE, FINISHED, stop=rule)
    assert limit_reached(state) is None
    folder = state.folder.trial("0000")
    write_status(folder, replace(read_status(folder), ended=9999.0))  # the worse one ended last
    assert str(limit_reached(load_sweep(state.folder.path))).startswith("stop rule")


def test_the_reason_is_in_report_and_status(made: Callable[..., SweepState]) -> None:
    folder = made(FINISHED, **GPU).folder
    begin_session(folder, {})
    end_session(folder, "cost limit of 2.5")
    state = load_sweep(folder.path)
    assert state.to_json()["ended_by"] == "cost limit of 2.5"
    assert "Ended by cost limit of 2.5." in report_text(state)
    assert "| cost | 1.50 | 9.00 | 2.50 |" in report_text(state)
    begin_session(folder, {})
    assert load_sweep(folder.path).ended_by is None
