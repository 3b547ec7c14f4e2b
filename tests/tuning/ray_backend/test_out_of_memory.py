"""Trials that run out of memory on a real Ray: tried again alone, then infeasible and not suggested again."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.ray_backend.launch import RayConfig, SweepOutcome, run_sweep
from sweepbox.tuning.ray_backend.machines import Machines
from sweepbox.tuning.ray_backend.node_memory import memory_kills
from sweepbox.tuning.ray_backend.trainable import RESOURCES_KEY, TRIAL_KEY
from sweepbox.tuning.ray_backend.trial_source import TrialSource
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState, read_evaluations, read_status
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from tests.earlier_sweeps import without_start

CGROUPS = Path("/sys/fs/cgroup/memory")
LIMIT_BYTES = 4096
LONG_S = 240.0
HEIGHT, HUGE = "model.ssd.image_resizer.fixed_shape_resizer.height", 4096
RATE = {"learning_rate": {"uniform": [1e-4, 1e-3]}}
SWEEP: dict[str, Any] = {
    "space": {
        HEIGHT: {"choice": [96, HUGE]},
        "batch_size": {"choice": [65536], "when": {HEIGHT: HUGE}},
        **RATE,
    },
    "augmentations": {},
    "sampler": {"type": "random"},
    "trials": 4,
    "seed": 1,
    "max_concurrent": 1,
    "training": {"steps": 2, "evaluate_every": 2},
}
"""Two first draws have images and a batch that take 1.8 TB, as most later ones would."""

Handed = list[tuple[str, dict[str, float]]]


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> Handed:
    """The trials that Ray was given, each with what it reserved."""
    given: Handed = []
    suggest = TrialSource.suggest

    def recorded(source: TrialSource, trial_id: str) -> Any:
        config = suggest(source, trial_id)
        if isinstance(config, dict):
            given.append((config[TRIAL_KEY], config[RESOURCES_KEY]))
        return config

    monkeypatch.setattr(TrialSource, "suggest", recorded)
    return given


def begun(tiny_spec: dict[str, Any], home: Path, **changes: Any) -> SweepFolder:
    (home / "sweep.yaml").write_text(yaml.safe_dump({**tiny_spec, **SWEEP, **changes}))
    return create_sweep(SweepRequest(home / "sweep.yaml", out=home / "run", runs_here=False))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_program_that_fits_nowhere_is_tried_twice_and_not_suggested_again(
    tiny_spec: dict[str, Any], tmp_path: Path, shared_ray: None, handed: Handed
) -> None:
    folder = begun(tiny_spec, tmp_path)
    without_start(folder)  # all trials are suggested
    outcome = run_sweep(folder, ray_config=RayConfig(cpus=2))
    huge = [trial for trial in outcome.state.trials if trial.status.parameters.get(HEIGHT) == HUGE]
    first, *others = huge
    assert (first.status.out_of_memory, first.status.attempts) == (2, 2)
    for trial in huge:
        assert (trial.state, trial.status.infeasible) == (TrialState.FAILED, "memory")
        assert str(trial.status.error).startswith("infeasible: memory: ")
    assert all(trial.status.attempts == 0 for trial in others), "suggested before, not run"
    assert [resources for name, resources in handed if name == first.id] == [{"CPU": 1}, {"CPU": 2.0}]
    assert outcome.state.ended == SWEEP["trials"]
    assert outcome.state.count(TrialState.FINISHED) == SWEEP["trials"] - len(huge)
    assert sum(trial.status.redraws for trial in outcome.state.trials) >= 1
    report = outcome.state.folder.report.read_text()
    assert "infeasible: memory: training takes about" in report


@pytest.fixture
def pids(shared_ray: None, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processes of trials, in the order in which they began."""
    noted: list[int] = []
    started = Machines.started

    def note(machines: Machines, trial_id: str, actor: Any) -> None:
        started(machines, trial_id, actor)
        noted.append(machines.places[trial_id].pid)

    monkeypatch.setattr(Machines, "started", note)
    return noted


@pytest.fixture
def kill_for_memory() -> Iterator[Callable[[int], None]]:
    """Return a function that leaves a process so little memory that the kernel kills it."""
    group = CGROUPS / f"sweepbox-test-{os.getpid()}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(LIMIT_BYTES))
    except OSError:
        pytest.skip("no cgroup for memory can be made here")
    if memory_kills() is None:
        pytest.skip("the kernel does not count what it kills")
    yield lambda pid: (group / "cgroup.procs").write_text(str(pid)) and None
    for _ in range(100):
        try:
            group.rmdir()
            return
        except OSError:
            time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_trial_that_the_kernel_kills_for_memory_goes_on_alone(
    tiny_spec: dict[str, Any],
    tmp_path: Path,
    pids: list[int],
    handed: Handed,
    kill_for_memory: Callable[[int], None],
) -> None:
    folder = begun(tiny_spec, tmp_path, space=RATE, trials=2, training={"steps": 150, "evaluate_every": 50})
    outcomes: list[SweepOutcome] = []
    sweep = threading.Thread(target=lambda: outcomes.append(run_sweep(folder, ray_config=RayConfig(cpus=2))))
    sweep.start()
    deadline = time.monotonic() + LONG_S
    while not read_evaluations(folder.trial("0000")) and time.monotonic() < deadline:
        time.sleep(0.02)
    kill_for_memory(pids[0])
    sweep.join(LONG_S)
    [outcome] = outcomes
    killed = outcome.state.trial("0000")
    assert (killed.state, killed.status.attempts, killed.status.out_of_memory) == (TrialState.FINISHED, 2, 1)
    assert [item.evaluation for item in killed.evaluations] == [1, 2, 3]
    assert handed == [("0000", {"CPU": 1}), ("0000", {"CPU": 2.0}), ("0001", {"CPU": 1})]
    assert "the system killed the process because its machine ran out of memory" in folder.log.read_text()


@pytest.fixture
def ray_that_kills(no_shared_ray: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next Ray take its machine for one that has run out of memory."""
    monkeypatch.setenv("RAY_memory_usage_threshold", "0.001")
    monkeypatch.setenv("RAY_memory_monitor_refresh_ms", "100")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_rays_memory_monitor_kills_has_run_out_of_memory(
    tiny_spec: dict[str, Any], tmp_path: Path, ray_that_kills: None
) -> None:
    folder = begun(tiny_spec, tmp_path, space=RATE, trials=1)
    with pytest.raises(SweepError, match="all 1 trials failed, the first with: infeasible: memory: Ray ended"):
        run_sweep(folder, ray_config=RayConfig(cpus=1))
    status = read_status(folder.trial("0000"))
    assert (status.out_of_memory, status.infeasible) == (2, "memory")
