"""Trials packed by their measured memory on a real Ray, with the machine's memory as the resource."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
import yaml

from sweepbox.tuning.ray_backend.cluster import arrange_environment
from sweepbox.tuning.ray_backend.launch import RayConfig, run_sweep
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.memory_record import read_memory
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.packing import MARGIN
from sweepbox.tuning.sweep.state import SweepState

CPUS, MEMORY = 4, 3.0e9
"""Memory for two or three of the tiny trials, which take about 1 GB, and CPUs for four."""
SWEEP: dict[str, Any] = {
    "space": {"learning_rate": {"uniform": [1e-4, 1e-3]}},
    "augmentations": {},
    "sampler": {"type": "random"},
    "trials": 4,
    "training": {"steps": 4, "evaluate_every": 2},
    "resources_per_trial": "auto",
    "loggers": [],
}


class Meter:
    """Remembers how many trials ran at a time, and the least memory that was left to reserve."""

    def __init__(self) -> None:
        self.running = 0
        self.free = MEMORY

    def show(self, state: SweepState, time_left_s: float | None) -> None:
        self.running = max(self.running, state.count(TrialState.RUNNING))
        self.free = min(self.free, ray.available_resources().get("memory", 0.0))


@pytest.fixture
def small_machine(no_shared_ray: None) -> Iterator[None]:
    """A Ray of this process that may reserve little memory."""
    arrange_environment(None)
    ray.init(address="local", num_cpus=CPUS, _memory=MEMORY, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_as_many_trials_run_as_their_measured_memory_lets(
    tiny_spec: dict[str, Any], tmp_path: Path, small_machine: None
) -> None:
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump({**tiny_spec, **SWEEP}))
    folder = create_sweep(SweepRequest(tmp_path / "sweep.yaml", out=tmp_path / "run"))
    said: list[str] = []
    meter = Meter()
    outcome = run_sweep(folder, ray_config=RayConfig(), listener=meter, notify=said.append)
    record, share = read_memory(folder), load_spec(folder.spec).resources_per_trial
    assert record is not None
    assert not record.on_gpu
    [program] = record.programs
    assert program.program == outcome.state.trials[0].status.compile_key
    assert share.auto
    assert share.memory_bytes == pytest.approx(record.largest_on_device * MARGIN, abs=1e6)
    fit = int(MEMORY // (share.memory_bytes or 1))
    assert 1 <= fit < CPUS, record
    assert share.cpu == CPUS // fit
    assert meter.running == fit
    assert meter.free <= MEMORY - fit * (share.memory_bytes or 0) + 1
    assert outcome.state.count(TrialState.FINISHED) == SWEEP["trials"]
    assert [line.partition(":")[0] for line in said if "share of a trial" in line] == ["share of a trial"]
    assert "plus 15%" in folder.report.read_text()
