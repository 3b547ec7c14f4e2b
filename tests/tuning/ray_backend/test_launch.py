"""A whole sweep on a real Ray, with the real engine on tiny inputs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
import yaml
from pyarrow import parquet

from sweepbox.detection.checkpoint.folder import read_checkpoint_metadata
from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.ray_backend.launch import RayConfig, SweepOutcome, run_sweep
from sweepbox.tuning.storage.trial_record import TrialState, read_evaluations
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.reader import best_checkpoint
from sweepbox.tuning.sweep.state import SweepState
from tests.earlier_sweeps import without_start

TRIALS = 5
EXPLODING = 1e30
SWEEP: dict[str, Any] = {
    "space": {"learning_rate": {"choice": [1e-3, 2e-3, 3e-3, 4e-3, EXPLODING]}},
    "augmentations": {},
    "sampler": {"type": "random"},
    "scheduler": {"type": "asha", "grace_period": 1, "reduction_factor": 2},
    "trials": TRIALS,
    "seed": 8,
}
"""Of five draws one explodes and one repeats another."""


class Listener:
    """Remembers how the sweep stood."""

    def __init__(self) -> None:
        self.states: list[SweepState] = []

    def show(self, state: SweepState, time_left_s: float | None) -> None:
        self.states.append(state)


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener()


@pytest.fixture(scope="module")
def outcome(
    tiny_spec: dict[str, Any], tmp_path_factory: pytest.TempPathFactory, listener: Listener, shared_ray: None
) -> Iterator[SweepOutcome]:
    home = tmp_path_factory.mktemp("sweep")
    (home / "sweep.yaml").write_text(yaml.safe_dump({**tiny_spec, **SWEEP}))
    folder = create_sweep(SweepRequest(home / "sweep.yaml", out=home / "run"))
    yield run_sweep(folder, ray_config=RayConfig(cpus=2), listener=listener)


def test_all_trials_end(outcome: SweepOutcome) -> None:
    assert outcome.stopped_by is None
    assert [trial.id for trial in outcome.state.trials] == [f"{i:04d}" for i in range(TRIALS)]
    assert outcome.state.ended == TRIALS
    assert outcome.state.count(TrialState.FINISHED) >= 1


def test_a_trial_whose_loss_explodes_is_recorded_and_the_sweep_goes_on(outcome: SweepOutcome) -> None:
    failed = [t for t in outcome.state.trials if t.status.parameters["learning_rate"] == EXPLODING]
    assert failed
    for trial in failed:
        assert trial.state is TrialState.FAILED
        assert "step" in str(trial.status.error)
    assert outcome.state.folder.trial(failed[0].id).traceback.is_file()


def test_an_equal_trial_is_not_run_twice(outcome: SweepOutcome) -> None:
    duplicates = [trial for trial in outcome.state.trials if trial.status.duplicate_of]
    assert duplicates
    for trial in duplicates:
        original = outcome.state.trial(str(trial.status.duplicate_of))
        assert trial.status.fingerprint == original.status.fingerprint
        assert trial.evaluations == original.evaluations
        assert trial.status.attempts == 0


def test_processes_and_programs_are_used_again(outcome: SweepOutcome) -> None:
    run = [trial for trial in outcome.state.trials if trial.status.attempts]
    assert all(trial.status.attempts == 1 for trial in run)
    assert sum(not trial.status.compiled_run_reused for trial in run) <= 2, "two processes, two compilations"


def test_the_winner_is_the_best_of_all_checkpoints(outcome: SweepOutcome) -> None:
    state = outcome.state
    losses = {
        (trial.id, item.evaluation): item.metrics["loss/total"]
        for trial in state.trials
        for item in trial.evaluations
    }
    assert state.best is not None
    assert state.best.value == min(losses.values())
    metadata = read_checkpoint_metadata(best_checkpoint(state.folder.path))
    assert metadata.metrics["loss/total"] == state.best.value
    assert metadata.step == state.best.step


def test_only_what_is_worth_keeping_stays(outcome: SweepOutcome) -> None:
    folder = outcome.state.folder
    assert len(list(folder.trials.glob("*/best"))) <= 2
    assert not list(folder.trials.glob("*/last"))
    assert not list(folder.trials.glob("*/.*"))
    assert not folder.ray.exists()
    assert not folder.stop_request.exists()


def test_the_study_tells_the_same(outcome: SweepOutcome) -> None:
    folder = outcome.state.folder
    study = optuna.load_study(study_name="tiny", storage=f"sqlite:///{folder.study}")
    assert [trial.state.is_finished() for trial in study.trials] == [True] * TRIALS
    assert outcome.state.best is not None
    for trial in outcome.state.trials:
        reported = study.trials[int(trial.id)].intermediate_values
        assert list(reported.values()) == [item.metrics["loss/total"] for item in trial.evaluations]


def test_the_table_of_results_has_every_evaluation(outcome: SweepOutcome) -> None:
    folder = outcome.state.folder
    evaluations = sum(len(read_evaluations(trial)) for trial in folder.trial_folders())
    assert parquet.read_table(folder.results).num_rows == evaluations
    assert "sweep tiny begins" in folder.log.read_text()


def test_where_the_time_went_is_recorded(outcome: SweepOutcome) -> None:
    run = [trial for trial in outcome.state.trials if trial.status.attempts and trial.evaluations]
    for item in [item for trial in run for item in trial.evaluations]:
        assert item.evaluation_s is not None
        assert 0 < item.evaluation_s < item.seconds
        assert item.input_wait_fraction is not None
        assert 0 <= item.input_wait_fraction <= 1
    assert all(trial.throughput.images_per_s for trial in run if trial.status.compiled_run_reused)


def test_the_listener_saw_the_trials_run(outcome: SweepOutcome, listener: Listener) -> None:
    assert max(state.count(TrialState.RUNNING) for state in listener.states) == 2
    assert listener.states[-1].ended == TRIALS


def test_a_sweep_whose_trials_all_fail_says_so(
    tiny_spec: dict[str, Any], shared_ray: None, tmp_path: Path
) -> None:
    schedule = "train_config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate"
    contradiction = {"num_steps": {"choice": [4000]}, f"{schedule}.total_steps": {"choice": [6]}}
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump({**tiny_spec, "space": contradiction, "trials": 2}))
    folder = create_sweep(SweepRequest(tmp_path / "sweep.yaml", out=tmp_path / "run"))
    without_start(folder)  # a trial of the base config would not fail
    with pytest.raises(SweepError, match="all 2 trials failed, the first with: "):
        run_sweep(folder, ray_config=RayConfig(cpus=1))
    assert folder.report.is_file()
