from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from rich.console import Console

from sweepbox.tuning.monitor.terminal import EventLines, LiveTable, sweep_summary, sweep_table
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import (
    CopiedFrom,
    Origin,
    TrialState,
    read_status,
    write_status,
)
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import load_sweep

Begin = Callable[..., SweepFolder]
Live = Callable[[SweepFolder, str, Sequence[float], TrialState], None]


@pytest.fixture
def folder(sweep: Begin, live: Live) -> SweepFolder:
    """A sweep with a finished, a stopped, a running and a failed trial."""
    folder = sweep(objective={"metric": "mAP"}, trials=5)
    book = TrialManager(folder, load_spec(folder.spec))
    for _ in range(4):
        book.next_trial()
    live(folder, "0000", [0.2, 0.6], TrialState.FINISHED)
    live(folder, "0001", [0.1], TrialState.STOPPED_EARLY)
    live(folder, "0002", [0.3], TrialState.RUNNING)
    live(folder, "0003", [], TrialState.FAILED)
    return folder


def drawn(folder: SweepFolder, *, width: int = 120, rows: int | None = None) -> list[str]:
    console = Console(width=width, record=True, quiet=False, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    with console.file:
        console.print(sweep_table(load_sweep(folder.path), rows=rows))
    return console.export_text().splitlines()


def test_the_table_has_a_line_for_each_trial(folder: SweepFolder) -> None:
    with folder.held():
        lines = drawn(folder)
    assert lines[0].split()[:5] == ["trial", "state", "step", "best", "mAP"]
    assert [line.split()[0] for line in lines[1:]] == ["0000", "0001", "0002", "0003"]
    assert "finished" in lines[1]
    assert "4/6" in lines[1]
    assert "0.6000" in lines[1]
    assert "learning_rate=" in lines[1]
    assert "stopped early" in lines[2]
    assert "running" in lines[3]


def test_a_copy_names_the_evaluation_that_it_starts_from(folder: SweepFolder) -> None:
    trial = folder.trial("0002")
    write_status(trial, replace(read_status(trial), origin=Origin.COPIED, copied_from=CopiedFrom("0001", 0)))
    with folder.held():
        assert "copied from 0001, evaluation 0: learning_rate=" in drawn(folder, width=200)[3]


def test_a_narrow_terminal_loses_settings_not_numbers(folder: SweepFolder) -> None:
    lines = drawn(folder, width=70)
    assert len(lines) == 5
    assert all(len(line) <= 70 for line in lines)
    assert "0.6000" in lines[1]


def test_a_low_terminal_shows_what_runs_and_what_is_best(folder: SweepFolder) -> None:
    with folder.held():
        lines = drawn(folder, rows=2)
    assert [line.split()[0] for line in lines[1:]] == ["0000", "0002"]


@pytest.mark.parametrize(
    ("objective", "values", "winner"),
    [
        ({"metric": "mAP"}, [0.2, 0.9, 0.5, 0.4], "0001"),
        ({"metric": "mAP", "mode": "min"}, [0.4, 0.9, 0.5, 0.2], "0003"),
        ({"metric": "loss/total"}, [0.2, 0.5, 0.9, 0.4], "0002"),
        ({"metric": "loss/total", "floors": {"AP/with_mask": 0.15}}, [0.1, 0.2, 0.3, 0.05], "0002"),
        ({"metric": "mAP", "mode": "min", "floors": {"AP/with_mask": 0.45}}, [0.1, 0.2, 0.3, 0.5], "0003"),
        ({"metric": "mAP", "mode": "min", "floors": {"AP/with_mask": 0.25}}, [0.1, 0.2, 0.9, 0.26], "0003"),
    ],
)
def test_a_low_terminal_shows_the_winner_whatever_decides(
    sweep: Begin, live: Live, objective: dict[str, object], values: list[float], winner: str
) -> None:
    folder = sweep(objective=objective, trials=5)
    trials = TrialManager(folder, load_spec(folder.spec))
    for value in [*values, 0.8]:
        trial_id = trials.next_trial()
        assert trial_id is not None
        is_last = trial_id == "0004"
        live(
            folder,
            trial_id,
            [] if is_last else [value],
            TrialState.FINISHED if not is_last else TrialState.RUNNING,
        )
    with folder.held():
        for rows in (2, 3):
            assert winner in [line.split()[0] for line in drawn(folder, rows=rows)[1:]]


def test_the_summary_counts_and_names_the_best(folder: SweepFolder) -> None:
    with folder.held():
        state = load_sweep(folder.path)
    told = sweep_summary(state, time_left_s=65)
    assert told.startswith("3/5 trials done · 1 running · 1 stopped early · 1 failed")
    assert told.endswith("best mAP 0.6000 (trial 0000) · about 1m 05s left")


def test_each_event_is_a_line_once(folder: SweepFolder, live: Live) -> None:
    lines: list[str] = []
    events = EventLines(lines.append)
    with folder.held():
        events.show(load_sweep(folder.path), None)
        first = len(lines)
        events.show(load_sweep(folder.path), None)
        assert len(lines) == first
        live(folder, "0002", [0.3, 0.4], TrialState.FINISHED)
        events.show(load_sweep(folder.path), None)
    assert sum(line.startswith("trial 0000: step") for line in lines) == 2
    assert lines[first:][0] == "trial 0002: step 4/6, mAP 0.4"
    assert lines[first:][1].startswith("trial 0002: finished; 4/5 trials done")
    assert len(lines[first:]) == 2


def test_a_paused_trial_is_shown_and_takes_no_row_of_one_that_runs(folder: SweepFolder, live: Live) -> None:
    lines: list[str] = []
    events = EventLines(lines.append)
    with folder.held():
        events.show(load_sweep(folder.path), None)
        first = len(lines)
        live(folder, "0000", [0.2, 0.6], TrialState.PAUSED)
        events.show(load_sweep(folder.path), None)
        assert lines[first].startswith("trial 0000: paused; 2/5 trials done · 1 running · 1 paused · 1 stopped")
        assert [line.split()[0] for line in drawn(folder, rows=1)[1:]] == ["0002"]
        assert "paused" in drawn(folder)[1]


def test_the_live_table_draws_and_goes(folder: SweepFolder) -> None:
    console = Console(width=140, height=20, force_terminal=True, record=True)
    with LiveTable(console) as table, folder.held():
        table.show(load_sweep(folder.path), 30.0)
    assert "about 30s left" in console.export_text()


def test_a_resumed_sweep_prints_no_line_of_what_it_had_before(folder: SweepFolder, live: Live) -> None:
    lines: list[str] = []
    before = load_sweep(folder.path)
    events = EventLines(lines.append, before=before)
    with folder.held():
        events.show(load_sweep(folder.path), None)
        assert lines == [], "neither the trials that had ended nor the evaluations of the one that goes on"
        live(folder, "0002", [0.3, 0.5], TrialState.RUNNING)
        events.show(load_sweep(folder.path), None)
        assert lines == ["trial 0002: step 4/6, mAP 0.5"]
        live(folder, "0002", [0.3, 0.5], TrialState.FINISHED)
        events.show(load_sweep(folder.path), None)
    assert lines[1].startswith("trial 0002: finished; 4/5 trials done")
    assert len(lines) == 2
