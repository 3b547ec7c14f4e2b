"""Sweeps that a limit ends, on a real Ray."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from sweepbox.tuning.ray_backend.launch import RayConfig, run_sweep
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.create import SweepRequest
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.resume import resume_sweep

Begin = Callable[..., SweepFolder]
Live = Callable[[SweepFolder, str, Sequence[float], TrialState], None]


def test_a_spent_limit_starts_no_ray_until_it_is_raised(
    sweep: Begin, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = sweep(
        trials=3,
        objective={"metric": "mAP"},
        gpu_hours=0.001,
        resources_per_trial={"cpu": 1, "gpu": 1},
    )
    TrialManager(folder, load_spec(folder.spec)).next_trial()
    live(folder, "0000", [0.1], TrialState.STOPPED_EARLY)
    started: list[Any] = []
    monkeypatch.setattr("sweepbox.tuning.ray_backend.launch._run_on_ray", lambda *a, **_: started.append(a))
    outcome = run_sweep(folder)
    assert outcome.stopped_by == outcome.state.ended_by == "limit of 0.001 GPU-hours"
    assert not started
    assert "Ended by limit of 0.001 GPU-hours" in folder.report.read_text()
    resume_sweep(SweepRequest(folder.spec, out=folder.path, gpu_hours=2.0))
    assert run_sweep(folder).stopped_by is None
    assert started


@pytest.mark.slow
def test_a_sweep_ends_when_its_trials_gain_nothing(sweep: Begin, shared_ray: None) -> None:
    folder = sweep(trials=40, max_concurrent=1, stop={"gain_below": 1000.0, "for": 1, "after": 2})
    outcome = run_sweep(folder, ray_config=RayConfig(cpus=2))
    assert str(outcome.stopped_by).startswith("stop rule: the last 1 trials gained")
    assert 2 <= outcome.state.ended < 40
    assert json.loads(folder.metadata.read_text())["sessions"][-1]["ended_by"] == outcome.stopped_by
