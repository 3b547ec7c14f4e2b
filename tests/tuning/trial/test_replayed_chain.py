"""A chain of copied trials is trained again as one trial, with the real engine on a tiny network."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from sweepbox.detection.checkpoint.arrays import load_arrays
from sweepbox.detection.checkpoint.files import WEIGHTS_FILE
from sweepbox.tuning.schedule.rule import CopyOrder
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import Evaluation, TrialState, read_evaluations, read_status
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.trial.compiled_runs import CompiledRunCache
from sweepbox.tuning.trial.status_writer import StatusWriter
from sweepbox.tuning.trial.worker import TrialWorker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

POPULATION: dict[str, Any] = {
    "space": {"learning_rate": {"log_uniform": [1e-3, 1e-2]}, "focal_gamma": {"uniform": [1.0, 2.0]}},
    "sampler": {"type": "random"},
    "scheduler": {"type": "pbt"},
    "set": {"warmup_steps": 0},
    "trials": 2,
}
CHAIN = ("0000", "0002", "0003")
"""The trials of the chain: each trains to the next evaluation and is continued by the next one.

The first is the base config. It changes no brightness, so it needs another program than the two others.
"""


@pytest.fixture(scope="module")
def compiled_runs() -> CompiledRunCache:
    """The programs that all tests of this module train with."""
    return CompiledRunCache()


@pytest.fixture(scope="module")
def searched(
    tiny_spec: dict[str, Any], tmp_path_factory: pytest.TempPathFactory, compiled_runs: CompiledRunCache
) -> SweepFolder:
    """A sweep with a chain of three trials; do not write into it."""
    home = tmp_path_factory.mktemp("population")
    changes = {**POPULATION, "set": {**tiny_spec["set"], **POPULATION["set"]}}
    (home / "sweep.yaml").write_text(yaml.safe_dump({**tiny_spec, **changes}))
    folder = create_sweep(SweepRequest(home / "sweep.yaml", out=home / "run"))
    manager = TrialManager(folder, load_spec(folder.spec))
    assert [manager.next_trial() for _ in range(3)] == ["0000", "0001", None]
    for evaluation, trial_id in enumerate(CHAIN[:-1], start=1):
        advance(folder, trial_id, compiled_runs, evaluations=1)
        assert manager.copy(CopyOrder("0001", source=trial_id, evaluation=evaluation)) is not None
    advance(folder, "0003", compiled_runs)
    return folder


@pytest.fixture
def replayed(searched: SweepFolder, tmp_path: Path) -> SweepFolder:
    """A copy of the sweep in which trial 0004 is to train the chain again with the seed of the search.

    The folders of the chain's own trials are gone.
    """
    folder = SweepFolder(Path(shutil.copytree(searched.path, tmp_path / "run")))
    spec = load_spec(folder.spec)
    assert TrialManager(folder, spec).confirm("0003", spec.seed) == "0004"
    for trial_id in CHAIN:
        shutil.rmtree(folder.trial(trial_id).path)
    return folder


def advance(
    folder: SweepFolder, trial_id: str, compiled_runs: CompiledRunCache, *, evaluations: int | None = None
) -> TrialState:
    """Run a trial in a new worker to its end, or for some evaluations, and return its state."""
    spec = load_spec(folder.spec)
    worker = TrialWorker(folder, trial_id, compiled_runs, spec=spec)
    outcome = worker.next_evaluation()
    while outcome.is_running and evaluations != 1:
        outcome = worker.next_evaluation()
        evaluations = None if evaluations is None else evaluations - 1
    worker.close()
    return outcome.state


def stop_at(
    folder: SweepFolder,
    trial_id: str,
    step: int,
    compiled_runs: CompiledRunCache,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Run a trial that is asked to stop after a step."""
    update = StatusWriter.update

    def stop_at_step(writer: StatusWriter, **fields: Any) -> None:
        update(writer, **fields)
        if fields.get("step") == step and "loss" in fields:
            folder.request_stop("a test")

    with monkeypatch.context() as patch:
        patch.setattr("sweepbox.tuning.trial.progress.PROGRESS_S", 0.0)  # it looks after every step
        patch.setattr(StatusWriter, "update", stop_at_step)
        assert advance(folder, trial_id, compiled_runs) is TrialState.INTERRUPTED
    folder.stop_request.unlink()
    assert read_status(folder.trial(trial_id)).step == step


def measured_of(evaluations: tuple[Evaluation, ...]) -> list[tuple[int, int, dict[str, float]]]:
    return [(item.evaluation, item.step, dict(item.metrics)) for item in evaluations]


def check_equal(searched: SweepFolder, replayed: SweepFolder) -> None:
    """The trial made the evaluations of the whole chain, and came to the weights of its last trial."""
    expected = [
        item
        for number, trial_id in enumerate(CHAIN, start=1)
        for item in read_evaluations(searched.trial(trial_id), first=number)
    ]
    assert measured_of(read_evaluations(replayed.trial("0004"))) == measured_of(tuple(expected))
    assert len(expected) == 3
    first, second = (read_status(f.trial(i)) for f, i in ((searched, "0003"), (replayed, "0004")))
    assert first.weights_fingerprint is not None
    assert first.weights_fingerprint == second.weights_fingerprint
    before, after = (
        load_arrays(f.trial(i).best / WEIGHTS_FILE) for f, i in ((searched, "0003"), (replayed, "0004"))
    )
    for path, array in before.items():
        np.testing.assert_array_equal(after[path], array, err_msg=path)


def test_with_its_seed_a_chain_comes_to_the_same_weights(
    searched: SweepFolder, replayed: SweepFolder, compiled_runs: CompiledRunCache
) -> None:
    status = read_status(replayed.trial("0004"))
    assert [(item.step, item.trial) for item in status.segments] == [(0, "0000"), (2, "0002"), (4, "0003")]
    assert len({item.fingerprint for item in status.segments}) == 3
    assert advance(replayed, "0004", compiled_runs) is TrialState.FINISHED
    check_equal(searched, replayed)


@pytest.mark.parametrize("step", [2, 3])
def test_a_chain_is_resumed_from_any_step(
    searched: SweepFolder,
    replayed: SweepFolder,
    compiled_runs: CompiledRunCache,
    step: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop_at(replayed, "0004", step, compiled_runs, monkeypatch)
    assert advance(replayed, "0004", compiled_runs) is TrialState.FINISHED
    check_equal(searched, replayed)


def test_a_chain_goes_on_after_a_kill(
    searched: SweepFolder, replayed: SweepFolder, compiled_runs: CompiledRunCache
) -> None:
    """After a kill the state is that of the last evaluation, which here is where a segment begins."""
    assert advance(replayed, "0004", compiled_runs, evaluations=2) is TrialState.RUNNING
    advance(replayed, "0001", compiled_runs, evaluations=1)  # the run is used for another trial meanwhile
    assert advance(replayed, "0004", compiled_runs) is TrialState.FINISHED
    check_equal(searched, replayed)


def test_a_copy_of_a_trial_that_was_stopped_between_two_evaluations(
    searched: SweepFolder, tmp_path: Path, compiled_runs: CompiledRunCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The segment begins where the copied state was saved, which is not the step of an evaluation."""
    folder = SweepFolder(Path(shutil.copytree(searched.path, tmp_path / "run")))
    stop_at(folder, "0001", 3, compiled_runs, monkeypatch)
    manager = TrialManager(folder, load_spec(folder.spec))
    assert manager.copy(CopyOrder("0000", source="0001", evaluation=1)) == "0004"
    assert advance(folder, "0004", compiled_runs) is TrialState.FINISHED
    assert manager.confirm("0004", load_spec(folder.spec).seed) == "0005"
    assert [item.step for item in read_status(folder.trial("0005")).segments] == [0, 3]
    assert advance(folder, "0005", compiled_runs) is TrialState.FINISHED
    copied, again = (read_status(folder.trial(name)) for name in ("0004", "0005"))
    assert copied.weights_fingerprint == again.weights_fingerprint
    assert [item.step for item in read_evaluations(folder.trial("0005"))] == [2, 4, 6]
