"""Trials that ran out of memory are handed out again, alone, and then their program is not."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sweepbox.tuning.ray_backend.trainable import CPU_KEY, RESOURCES_KEY, TRIAL_KEY
from sweepbox.tuning.ray_backend.trial_source import TrialSource
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import read_sweep
from sweepbox.tuning.sweep.stopping import ScheduledTrials, restore_rule

WORKERS, ALONE = 2, {"CPU": 8.0}


class Driver:
    """What Ray does with a sweep of two workers, where the test says which trials run out of memory."""

    def __init__(self, folder: SweepFolder) -> None:
        spec = load_spec(folder.spec)
        self.manager = TrialManager(folder, spec)
        self.trials = ScheduledTrials(self.manager, restore_rule(folder, spec, read_sweep(folder).trials))
        self.source = TrialSource(self.trials, folder, spec, mode="min", max_concurrent=WORKERS, alone=ALONE)
        self.rays: dict[str, str] = {}

    def ask(self) -> dict[str, Any] | str | None:
        ray_id = f"ray-{len(self.rays)}"
        given = self.source.suggest(ray_id)
        if isinstance(given, dict):
            self.rays[given[TRIAL_KEY]] = ray_id
        return given

    def start(self) -> str:
        given = self.ask()
        assert isinstance(given, dict)
        self.source.started(given[TRIAL_KEY])
        return str(given[TRIAL_KEY])

    def run_out(self, trial_id: str) -> None:
        self.source.on_trial_complete(self.rays[trial_id], error=True)
        if self.manager.out_of_memory(trial_id, "no 4 GiB").infeasible is None:
            self.source.retry(trial_id)
        else:
            self.trials.close(trial_id, error="memory")


@pytest.fixture
def driver(sweep: Callable[..., SweepFolder]) -> Driver:
    several = {"batch_size": {"choice": [2, 3]}, "learning_rate": {"uniform": [1e-4, 1e-3]}}
    return Driver(sweep(space=several, augmentations={}, sampler={"type": "random"}, trials=12))


def test_nothing_else_starts_before_a_trial_that_runs_alone(driver: Driver) -> None:
    first, second = driver.start(), driver.start()
    driver.run_out(first)
    given = driver.ask()
    assert isinstance(given, dict)
    assert (given[TRIAL_KEY], given[RESOURCES_KEY], given[CPU_KEY]) == (first, ALONE, 1)
    driver.source.on_trial_complete(driver.rays[second], {})
    assert driver.ask() is None, "a worker is free, and the trial waits for the whole machine"
    driver.source.started(first)
    assert driver.start() not in (first, second)


@pytest.mark.parametrize("starts", [True, False])
def test_a_program_that_runs_out_twice_is_not_handed_out_again(driver: Driver, starts: bool) -> None:
    first = driver.start()
    program = driver.manager.program(first)
    driver.run_out(first)
    driver.start() if starts else driver.ask()
    driver.run_out(first)
    records = driver.manager.records
    assert (records[first].state, records[first].status.infeasible) == (TrialState.FAILED, "memory")
    assert records[first].status.error == "infeasible: memory: no 4 GiB"
    handed = []
    while isinstance(given := driver.ask(), dict):
        handed.append(driver.manager.program(given[TRIAL_KEY]))
        driver.source.on_trial_complete(driver.rays[given[TRIAL_KEY]], {})
        driver.trials.close(given[TRIAL_KEY])
    assert handed
    assert program not in handed
    assert len(records) == 12
    unrun = [records[name].status for name in records.ids if name != first and records[name].status.infeasible]
    assert all(status.state is TrialState.FAILED and not status.attempts for status in unrun)


def test_a_program_with_which_another_trial_finished_is_kept(driver: Driver) -> None:
    first = driver.start()
    program = driver.manager.program(first)
    same = driver.start()
    while driver.manager.program(same) != program:
        driver.source.on_trial_complete(driver.rays[same], {})
        same = driver.start()
    record = driver.manager.records[same]
    driver.manager.records.update(same, replace(record.status, state=TrialState.FINISHED))
    for _ in range(2):
        driver.run_out(first)
        if not driver.manager.records[first].status.infeasible:
            driver.start()
    assert program not in driver.manager._fitting.excluded
