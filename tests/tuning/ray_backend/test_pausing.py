"""Trials that pause and are promoted on a real Ray, without and with a driver that is killed in between."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from sweepbox.tuning.ray_backend.launch import RayConfig, SweepOutcome, run_sweep
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState, read_evaluations, read_status
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.reader import load_sweep
from tests.earlier_sweeps import without_start
from tests.processes import kill_family

ROOT = Path(__file__).parents[3]
SWEEP: dict[str, Any] = {
    "space": {"learning_rate": {"log_uniform": [1e-4, 1e-2]}},
    "augmentations": {},
    "sampler": {"type": "random"},
    "trials": 3,
    "max_concurrent": 1,
}
TOP_K = {"scheduler": {"type": "top_k", "evaluations": 1, "keep": 1}}
HYPERBAND = {"scheduler": {"type": "hyperband", "reduction_factor": 3}}
"""One bracket of three trials, which are compared at the first evaluation."""
DRIVER = """
import sys
from pathlib import Path
from sweepbox.tuning.ray_backend.launch import RayConfig, run_sweep
from sweepbox.tuning.storage.folder import SweepFolder

run_sweep(SweepFolder(Path(sys.argv[1])), ray_config=RayConfig(cpus=1))
"""


def begun(tiny_spec: dict[str, Any], home: Path, name: str, **changes: Any) -> SweepFolder:
    path = home / f"{name}.yaml"
    path.write_text(yaml.safe_dump({**tiny_spec, **SWEEP, **changes}))
    folder = create_sweep(SweepRequest(path, out=home / name))
    without_start(folder)  # a trial of the base config is never paused
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pausing")


@pytest.fixture(scope="module")
def undisturbed(tiny_spec: dict[str, Any], home: Path, shared_ray: None) -> dict[str, list[float]]:
    """The losses of each trial trained to its end."""
    folder = begun(tiny_spec, home, "undisturbed", scheduler={"type": "none"})
    run_sweep(folder, ray_config=RayConfig(cpus=1))
    return losses(folder)


def losses(folder: SweepFolder) -> dict[str, list[float]]:
    return {
        trial.id: [item.metrics["loss/total"] for item in read_evaluations(trial)]
        for trial in folder.trial_folders()
    }


def check_outcome(folder: SweepFolder, undisturbed: dict[str, list[float]]) -> None:
    """Each trial was evaluated once and paused, the best of them trained to its end, as if undisturbed."""
    first = {name: values[0] for name, values in undisturbed.items()}
    best = min(first, key=lambda name: first[name])
    told = losses(folder)
    assert {name: len(values) for name, values in told.items()} == {
        name: 3 if name == best else 1 for name in first
    }
    for name, values in told.items():
        assert values == pytest.approx(undisturbed[name][: len(values)], rel=1e-6)
    state = load_sweep(folder.path)
    assert [trial.id for trial in state.trials if trial.state is TrialState.FINISHED] == [best]
    assert state.count(TrialState.STOPPED_EARLY) == 2
    assert not list(folder.trials.glob("*/last"))


@pytest.mark.slow
def test_one_worker_evaluates_all_trials_and_then_trains_the_best(
    tiny_spec: dict[str, Any], home: Path, undisturbed: dict[str, list[float]]
) -> None:
    folder = begun(tiny_spec, home, "paused", **TOP_K)
    outcome: SweepOutcome = run_sweep(folder, ray_config=RayConfig(cpus=1))
    assert outcome.stopped_by is None
    check_outcome(folder, undisturbed)
    statuses = [trial.status for trial in outcome.state.trials]
    assert sum(not status.compiled_run_reused for status in statuses) <= 1, "one process runs all"
    assert "trial 0000 paused" in folder.log.read_text()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_sweep_keeps_its_paused_trials(
    tiny_spec: dict[str, Any], home: Path, undisturbed: dict[str, list[float]]
) -> None:
    """The driver, Ray and the trial that runs are killed while two trials are paused."""
    folder = begun(tiny_spec, home, "killed", **HYPERBAND)
    process = subprocess.Popen([sys.executable, "-c", DRIVER, str(folder.path)], cwd=ROOT)
    try:
        deadline = time.monotonic() + 250
        while sum(_state(trial.status) == "paused" for trial in folder.trial_folders()) < 2:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        kill_family(process)
    third = folder.trial("0002")
    assert not third.status.is_file() or not read_status(third).state.has_ended
    outcome = run_sweep(folder, ray_config=RayConfig(cpus=1))
    assert outcome.stopped_by is None
    check_outcome(folder, undisturbed)


def _state(path: Path) -> str | None:
    return json.loads(path.read_text())["state"] if path.is_file() else None
