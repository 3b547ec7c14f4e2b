"""Trials that hang on a real Ray: one whose process is stopped, one that waits for its disk for ever."""

import os
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from sweepbox.tuning.ray_backend.launch import RayConfig, SweepOutcome, run_sweep
from sweepbox.tuning.ray_backend.machines import Machines
from sweepbox.tuning.storage.trial_record import TrialState, read_evaluations
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep

LONG_S = 300.0
EVALUATIONS = 3
SWEEP: dict[str, Any] = {
    "space": {"learning_rate": {"uniform": [1e-4, 1e-3]}},
    "augmentations": {},
    "sampler": {"type": "random"},
    "trials": 2,
    "hang_timeout": "15s",
    "training": {"steps": 120, "evaluate_every": 120 // EVALUATIONS},
    "loggers": [],
}
STOPPED, BLOCKED = "0000", "0001"


@pytest.fixture
def pids(shared_ray: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """The processes of each trial, in the order in which they began."""
    noted: dict[str, list[int]] = {}
    started = Machines.started

    def note(machines: Machines, trial_id: str, actor: Any) -> None:
        started(machines, trial_id, actor)
        noted.setdefault(trial_id, []).append(machines.places[trial_id].pid)

    monkeypatch.setattr(Machines, "started", note)
    return noted


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_hung_trial_is_killed_and_goes_on_from_its_last_evaluation(
    tiny_spec: dict[str, Any], tmp_path: Path, pids: dict[str, list[int]]
) -> None:
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump({**tiny_spec, **SWEEP}))
    folder = create_sweep(SweepRequest(tmp_path / "sweep.yaml", out=tmp_path / "run"))
    outcomes: list[SweepOutcome] = []
    sweep = threading.Thread(target=lambda: outcomes.append(run_sweep(folder, ray_config=RayConfig(cpus=2))))
    sweep.start()
    to_hang = {STOPPED, BLOCKED}
    deadline = time.monotonic() + LONG_S
    while to_hang and time.monotonic() < deadline:
        for name in [name for name in to_hang if read_evaluations(folder.trial(name))]:
            to_hang.discard(name)
            if name == STOPPED:
                psutil.Process(pids[name][0]).suspend()
            else:
                block(folder.trial(name).metrics, pids[name][0])
        time.sleep(0.02)
    sweep.join(LONG_S)
    [outcome] = outcomes
    for trial in outcome.state.trials:
        assert (trial.state, trial.status.attempts) == (TrialState.FINISHED, 2), trial.status
        assert [item.evaluation for item in trial.evaluations] == list(range(1, EVALUATIONS + 1))
    assert folder.log.read_text().count("it made no progress for 15s (hang_timeout) and was killed") == 2


def block(metrics: Path, pid: int) -> None:
    """Let a process wait for ever when it opens this file next; restore the file when the process is gone."""
    kept, pipe = metrics.with_suffix(".kept"), metrics.with_suffix(".pipe")
    os.link(metrics, kept)
    os.mkfifo(pipe)
    pipe.replace(metrics)

    def restore() -> None:
        while psutil.pid_exists(pid):
            time.sleep(0.02)
        kept.replace(metrics)

    threading.Thread(target=restore, daemon=True).start()
