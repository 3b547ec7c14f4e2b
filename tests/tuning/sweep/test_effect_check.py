"""A sweep whose trials ignore their configs fails loudly; one whose trials obey them does not."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import NoEffectError
from sweepbox.tuning.ray_backend.launch import run_sweep
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState, read_status, write_status
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.trial import worker
from sweepbox.tuning.trial.compiled_runs import CompiledRunCache
from sweepbox.tuning.trial.config_steps import ConfigSteps
from tests.earlier_sweeps import without_start

SWEEP: dict[str, Any] = {
    "space": {"learning_rate": {"choice": [1e-3, 2e-3]}},
    "augmentations": {},
    "sampler": {"type": "grid"},
    "trials": 2,
    "training": {"steps": 2, "evaluate_every": 2},
}


@pytest.fixture(scope="module")
def compiled_runs() -> Iterator[CompiledRunCache]:
    return CompiledRunCache()


@pytest.mark.slow  # it compiles a detector and trains four trials with it
@pytest.mark.parametrize("obeys", [True, False])
def test_trials_that_ignore_their_configs_are_found(
    tiny_spec: dict[str, Any],
    tmp_path: Path,
    compiled_runs: CompiledRunCache,
    monkeypatch: pytest.MonkeyPatch,
    *,
    obeys: bool,
) -> None:
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump({**tiny_spec, **SWEEP}))
    folder = create_sweep(SweepRequest(tmp_path / "sweep.yaml", out=tmp_path / "run"))
    without_start(folder)
    if not obeys:
        of_the_base = ConfigSteps((0,), (load_config(folder.base_config),))
        monkeypatch.setattr(ConfigSteps, "read", lambda *_arguments: of_the_base)
    manager = TrialManager(folder, load_spec(folder.spec))
    run_all(manager, folder, compiled_runs)
    weights = {read_status(trial).weights_fingerprint for trial in folder.trial_folders()}
    assert None not in weights
    assert len(weights) == (2 if obeys else 1)
    assert (manager.effect_error is None) is obeys


def run_all(manager: TrialManager, folder: SweepFolder, compiled_runs: CompiledRunCache) -> None:
    """Run all trials in this process."""
    while (trial := manager.next_trial()) is not None:
        running = worker.TrialWorker(folder, trial, compiled_runs, spec=load_spec(folder.spec))
        while (outcome := running.next_evaluation()).is_running:
            pass
        assert outcome.state is TrialState.FINISHED
        manager.close(trial)


def test_the_error_names_trials_and_fields_whenever_the_sweep_is_opened(
    sweep: Callable[..., SweepFolder], live: Callable[..., None]
) -> None:
    folder = sweep(trials=2)
    manager = TrialManager(folder, load_spec(folder.spec))
    for trial in ("0000", "0001"):
        assert manager.next_trial() == trial
        live(folder, trial, [0.1, 0.2, 0.3], TrialState.FINISHED)
        status = replace(read_status(folder.trial(trial)), weights_fingerprint="same")
        write_status(folder.trial(trial), status)
        manager.close(trial)
    with pytest.raises(NoEffectError) as first:
        manager.check_effects()
    assert "trials 0000 and 0001 differ in model.ssd.loss" in str(first.value)
    assert "\n" not in str(first.value)
    with pytest.raises(NoEffectError) as again:
        run_sweep(folder)
    assert str(again.value) == str(first.value)
