import time
from collections.abc import Callable, Sequence

import pytest
from pyarrow import parquet

from sweepbox.tuning.monitor.monitor import TIME_BUDGET, SweepMonitor
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import load_sweep
from sweepbox.tuning.sweep.state import SweepState

Begin = Callable[..., SweepFolder]
Live = Callable[[SweepFolder, str, Sequence[float], TrialState], None]


class Listener:
    """Remembers what it was shown; or breaks."""

    def __init__(self, *, breaks: bool = False) -> None:
        self.shown: list[tuple[SweepState, float | None]] = []
        self.breaks = breaks

    def show(self, state: SweepState, time_left_s: float | None) -> None:
        if self.breaks:
            raise RuntimeError("the terminal is gone")
        self.shown.append((state, time_left_s))


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_spent_time_budget_asks_the_trials_to_stop(sweep: Begin) -> None:
    folder, now = sweep(), [0.0]
    listener = Listener()
    with SweepMonitor(
        folder,
        lambda: load_sweep(folder.path),
        listener=listener,
        num_workers=1,
        time_budget_s=60,
        clock=lambda: now[0],
    ):
        until(lambda: len(listener.shown) > 0)
        assert not folder.stop_request.exists()
        assert listener.shown[0][1] == 60
        now[0] = 61.0
        until(folder.stop_request.exists)
    assert folder.stop_request.read_text().strip() == TIME_BUDGET


def test_a_budget_that_ends_with_the_sweep_stops_nothing(sweep: Begin) -> None:
    folder, now = sweep(), [0.0]
    with SweepMonitor(
        folder,
        lambda: load_sweep(folder.path),
        listener=None,
        num_workers=1,
        time_budget_s=60,
        clock=lambda: now[0],
    ):
        now[0] = 59.0
    now[0] = 61.0
    assert not folder.stop_request.exists()


def test_the_table_of_results_follows_the_trials(sweep: Begin, live: Live) -> None:
    folder = sweep(objective={"metric": "mAP"})
    TrialManager(folder, load_spec(folder.spec)).next_trial()
    monitor = SweepMonitor(
        folder,
        lambda: load_sweep(folder.path),
        listener=None,
        num_workers=1,
        time_budget_s=None,
        clock=lambda: 0.0,
    )
    monitor.poll()
    assert parquet.read_table(folder.results).num_rows == 0
    live(folder, "0000", [0.1, 0.2, 0.3], TrialState.FINISHED)
    monitor.poll()
    assert parquet.read_table(folder.results).num_rows == 3


def test_writing_the_table_takes_a_twentieth_of_the_time(sweep: Begin, live: Live) -> None:
    folder, now = sweep(objective={"metric": "mAP"}), [0.0, 0.0, 1.0, 5.0, 25.0, 25.0, 26.0]
    TrialManager(folder, load_spec(folder.spec)).next_trial()
    monitor = SweepMonitor(
        folder,
        lambda: load_sweep(folder.path),
        listener=None,
        num_workers=1,
        time_budget_s=None,
        clock=lambda: now.pop(0),
    )
    monitor.poll()  # begins at 0 s and writes for a second
    live(folder, "0000", [0.1, 0.2, 0.3], TrialState.FINISHED)
    monitor.poll()  # at 5 s
    assert parquet.read_table(folder.results).num_rows == 0
    monitor.poll()  # at 25 s
    assert parquet.read_table(folder.results).num_rows == 3


def test_a_listener_that_breaks_ends_the_sweep_and_is_heard(sweep: Begin) -> None:
    folder = sweep()
    with (
        pytest.raises(RuntimeError, match="the terminal is gone"),
        SweepMonitor(
            folder,
            lambda: load_sweep(folder.path),
            listener=Listener(breaks=True),
            num_workers=1,
            time_budget_s=None,
        ),
    ):
        until(folder.stop_request.exists)


def test_a_limit_that_is_reached_asks_the_trials_to_stop(sweep: Begin, live: Live) -> None:
    folder = sweep(objective={"metric": "mAP"}, gpu_hours=0.001, resources_per_trial={"cpu": 1, "gpu": 1})
    TrialManager(folder, load_spec(folder.spec)).next_trial()
    monitor = SweepMonitor(
        folder, lambda: load_sweep(folder.path), listener=None, num_workers=1, time_budget_s=None
    )
    monitor.poll()
    assert not folder.stop_request.exists()
    live(folder, "0000", [0.1], TrialState.STOPPED_EARLY)  # four seconds
    monitor.poll()
    assert folder.stop_request.read_text().strip() == "limit of 0.001 GPU-hours"
