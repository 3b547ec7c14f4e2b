"""When a trial counts as hung, by what it writes and a clock that the test moves."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sweepbox.detection.core.remote.location import Location
from sweepbox.tuning.ray_backend.hang_watch import HangWatch, status_on_node, status_or_none
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.remote.place import Role, place_at
from sweepbox.tuning.storage.trial_record import TrialState, read_status, write_status
from sweepbox.tuning.sweep.manager import TrialManager

TIMEOUT_S, COMPILE_S = 100, 1000


class Watched:
    """A trial under a watch, and a clock."""

    def __init__(self, folder: SweepFolder, **limits: str) -> None:
        spec = load_spec(folder.spec).model_copy(update=limits)
        self.trial_id = str(TrialManager(folder, spec).next_trial())
        self.trial = folder.trial(self.trial_id)
        self.now = 0.0
        self.killed: list[str] = []
        self.watch = HangWatch(
            spec,
            self.killed.append,
            read=lambda trial_id: status_or_none(folder.trial(trial_id)),
            clock=lambda: self.now,
        )
        self.watch.started(self.trial_id)

    def write(self, **changes: Any) -> None:
        write_status(self.trial, replace(read_status(self.trial), **changes))

    def pass_time(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            self.watch.check()


@pytest.fixture
def watched(sweep: Callable[..., SweepFolder]) -> Watched:
    """A trial that trains."""
    watched = Watched(sweep(), hang_timeout=f"{TIMEOUT_S}s", compile_timeout=f"{COMPILE_S}s")
    watched.write(state=TrialState.RUNNING, attempts=1, step=1)
    watched.pass_time(20)
    return watched


def test_a_trial_that_writes_nothing_is_killed_once(watched: Watched) -> None:
    watched.pass_time(TIMEOUT_S - 30)
    assert not watched.killed
    watched.pass_time(40)
    assert watched.killed == [watched.trial_id]
    told = watched.watch.ended(watched.trial_id)
    assert told == "it made no progress for 1m 40s (hang_timeout) and was killed"
    watched.pass_time(2 * COMPILE_S)
    assert watched.killed == [watched.trial_id]
    assert watched.watch.ended(watched.trial_id) is None


def test_a_trial_that_writes_lives(watched: Watched) -> None:
    for seconds in range(20):
        watched.write(seconds=float(seconds))
        watched.pass_time(TIMEOUT_S - 30)
    assert not watched.killed


@pytest.mark.parametrize("changes", [{"is_compiling": True}, {"attempts": 0}])
def test_a_process_that_starts_or_compiles_has_a_limit_of_its_own(
    watched: Watched, changes: dict[str, Any]
) -> None:
    watched.write(**changes)
    watched.pass_time(COMPILE_S - 30)
    assert not watched.killed
    watched.pass_time(60)
    assert watched.killed == [watched.trial_id]
    assert "(compile_timeout)" in str(watched.watch.ended(watched.trial_id))


def test_time_in_which_nobody_looked_does_not_count(watched: Watched) -> None:
    watched.now += 10 * TIMEOUT_S
    watched.watch.check()
    assert not watched.killed
    watched.pass_time(TIMEOUT_S)
    assert watched.killed


def test_a_trial_that_has_ended_is_not_watched(watched: Watched) -> None:
    assert watched.watch.ended(watched.trial_id) is None
    watched.pass_time(2 * TIMEOUT_S)
    assert not watched.killed


def test_a_record_that_cannot_be_read_is_no_progress(watched: Watched) -> None:
    watched.trial.status.write_text("{")
    watched.pass_time(2 * TIMEOUT_S)
    assert watched.killed == [watched.trial_id]


def test_by_default_no_trial_is_killed(sweep: Callable[..., SweepFolder]) -> None:
    watched = Watched(sweep())
    watched.write(state=TrialState.RUNNING, attempts=1)
    watched.pass_time(5000)
    assert not watched.killed


def test_a_trial_of_a_sweep_on_a_store_is_read_where_it_runs(
    sweep: Callable[..., SweepFolder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWEEPBOX_CACHE", str(tmp_path / "cache"))
    uri = (tmp_path / "store").as_uri()
    assert status_on_node(uri, 2, "0000") is None
    made = sweep()
    TrialManager(made, load_spec(made.spec)).next_trial()
    there = SweepFolder(place_at(Location(uri), Role.TRIALS, epoch=2).folder)
    shutil.copytree(made.trials, there.trials)
    assert status_on_node(uri, 2, "0000") == read_status(made.trial("0000"))
    assert status_on_node(uri, 3, "0000") is None
