"""A trial that a cause outside it interrupts goes on later, and measures what it would have measured."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState, read_evaluations, read_status
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.trial.compiled_runs import CompiledRunCache
from sweepbox.tuning.trial.status_writer import StatusWriter
from sweepbox.tuning.trial.worker import TrialWorker
from tests.tuning.sweep.test_readiness import cut, files_end_at, other_records, remove

pytestmark = pytest.mark.slow

Measured = list[tuple[int, dict[str, float]]]
WRITABLE_BYTES = 40_000
"""Enough for the records of a trial, too little for its weights."""


@pytest.fixture(scope="module")
def compiled_runs() -> CompiledRunCache:
    """The programs that all tests of this module train with."""
    return CompiledRunCache()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, tiny_spec: dict[str, object], records: Path) -> Path:
    """A sweep with one trial that has not begun, and its records beside it; do not write into it."""
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(records, home / "records")
    (home / "sweep.yaml").write_text(yaml.safe_dump({**tiny_spec, "data": "records"}))
    folder = create_sweep(SweepRequest(home / "sweep.yaml", out=home / "run"))
    TrialManager(folder, load_spec(folder.spec)).next_trial()
    return home


@pytest.fixture
def sweep_copy(home: Path, tmp_path: Path) -> SweepFolder:
    """A copy of it."""
    return SweepFolder(Path(shutil.copytree(home, tmp_path / "copy")) / "run")


def worker_of(folder: SweepFolder, compiled_runs: CompiledRunCache) -> TrialWorker:
    return TrialWorker(folder, "0000", compiled_runs, spec=load_spec(folder.spec))


def metrics_of(folder: SweepFolder) -> Measured:
    return [(item.step, dict(item.metrics)) for item in read_evaluations(folder.trial("0000"))]


@pytest.fixture(scope="module")
def undisturbed(
    home: Path, tmp_path_factory: pytest.TempPathFactory, compiled_runs: CompiledRunCache
) -> Measured:
    """What the trial measures where nothing happens."""
    copy = shutil.copytree(home, tmp_path_factory.mktemp("undisturbed") / "copy")
    folder = SweepFolder(Path(copy) / "run")
    worker = worker_of(folder, compiled_runs)
    while worker.next_evaluation().is_running:
        pass
    return metrics_of(folder)


AWAY: dict[str, Callable[[Path], object]] = {
    "records moved away": remove("records"),
    "a part of the records cut": cut("records/train*record*"),
    "other records in their place": other_records,
    "classes gone": remove("run/label_map.pbtxt"),
    "the description of the records torn": cut("records/dataset.json"),
}


@pytest.mark.parametrize("evaluations", [0, 1])
@pytest.mark.parametrize("kind", AWAY)
def test_what_is_away_interrupts_a_trial(
    sweep_copy: SweepFolder,
    compiled_runs: CompiledRunCache,
    undisturbed: Measured,
    kind: str,
    evaluations: int,
) -> None:
    trial = sweep_copy.trial("0000")
    if evaluations:
        assert worker_of(sweep_copy, compiled_runs).next_evaluation().is_running
    whole = Path(shutil.copytree(sweep_copy.path.parent, sweep_copy.path.parent.with_name("whole")))
    AWAY[kind](sweep_copy.path.parent)
    outcome = worker_of(sweep_copy, compiled_runs).next_evaluation()
    assert outcome.outside_cause is not None
    assert outcome.outside_cause.startswith("trial 0000: ")
    assert "\n" not in outcome.outside_cause
    assert (outcome.state, outcome.is_running) == (TrialState.INTERRUPTED, False)
    assert read_status(trial).state is TrialState.INTERRUPTED
    assert trial.last.is_dir() is bool(evaluations)

    for name in ("records", "run/label_map.pbtxt"):
        source = whole / name
        target = sweep_copy.path.parent / name
        shutil.copytree(source, target, dirs_exist_ok=True) if source.is_dir() else shutil.copy(source, target)
    worker = worker_of(sweep_copy, compiled_runs)
    while worker.next_evaluation().is_running:
        pass
    assert metrics_of(sweep_copy) == undisturbed
    assert read_status(trial).state is TrialState.FINISHED


@pytest.mark.parametrize("step", range(1, 7))
def test_a_stop_after_any_step_leaves_out_no_evaluation(
    sweep_copy: SweepFolder,
    compiled_runs: CompiledRunCache,
    undisturbed: Measured,
    step: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    last, _ = undisturbed[-1]
    assert last == 6
    monkeypatch.setattr("sweepbox.tuning.trial.progress.PROGRESS_S", 0.0)  # it looks after every step
    update = StatusWriter.update

    def stop_at_step(writer: StatusWriter, **fields: Any) -> None:
        update(writer, **fields)
        if fields.get("step") == step and "loss" in fields:
            sweep_copy.request_stop("a test")

    worker = worker_of(sweep_copy, compiled_runs)
    with monkeypatch.context() as patch:
        patch.setattr(StatusWriter, "update", stop_at_step)
        while (outcome := worker.next_evaluation()).is_running:
            pass
    assert outcome.state is TrialState.INTERRUPTED
    assert read_status(sweep_copy.trial("0000")).step == step
    sweep_copy.stop_request.unlink()
    again = worker_of(sweep_copy, compiled_runs)
    while again.next_evaluation().is_running:
        pass
    assert metrics_of(sweep_copy) == undisturbed


@pytest.mark.parametrize(("looks", "left"), [(2, (1, 0)), (4, (2, 0)), (5, (2, 0)), (8, (4, 1))])
def test_a_process_that_is_asked_to_end_saves_its_step_also_within_an_evaluation(
    sweep_copy: SweepFolder,
    compiled_runs: CompiledRunCache,
    undisturbed: Measured,
    looks: int,
    left: tuple[int, int],
) -> None:
    """It looks before it trains, after each step (twice where it writes) and each batch of an evaluation.

    `left` are the step that it saves and the evaluations that it has made.
    """
    to_look = iter(range(looks - 1, -1, -1))
    worker = TrialWorker(
        sweep_copy,
        "0000",
        compiled_runs,
        spec=load_spec(sweep_copy.spec),
        is_terminating=lambda: not next(to_look, 0),
    )
    while (outcome := worker.next_evaluation()).is_running:
        pass
    assert outcome.state is TrialState.INTERRUPTED
    assert (read_status(sweep_copy.trial("0000")).step, len(metrics_of(sweep_copy))) == left
    again = worker_of(sweep_copy, compiled_runs)
    while again.next_evaluation().is_running:
        pass
    assert metrics_of(sweep_copy) == undisturbed


@pytest.mark.parametrize("limit", [WRITABLE_BYTES, 600, 0])
@pytest.mark.parametrize("evaluations", [0, 1, 2])
def test_a_full_disk_interrupts_a_trial(
    sweep_copy: SweepFolder,
    compiled_runs: CompiledRunCache,
    undisturbed: Measured,
    limit: int,
    evaluations: int,
) -> None:
    worker = worker_of(sweep_copy, compiled_runs)
    for _ in range(evaluations):
        assert worker.next_evaluation().is_running
    with files_end_at(limit):
        outcome = worker.next_evaluation()
    assert outcome.state is TrialState.INTERRUPTED
    assert outcome.outside_cause is not None
    assert "File too large" in outcome.outside_cause
    assert not read_status(sweep_copy.trial("0000")).state.has_ended

    again = worker_of(sweep_copy, compiled_runs)
    while again.next_evaluation().is_running:
        pass
    assert metrics_of(sweep_copy) == undisturbed
    assert sweep_copy.trial("0000").best.is_dir()


@pytest.mark.parametrize("name", ["metrics.json", "weights.npz", "optimizer.npz", "state.json"])
def test_a_damaged_state_to_resume_from_is_named_with_the_remedy(
    sweep_copy: SweepFolder, compiled_runs: CompiledRunCache, name: str
) -> None:
    worker_of(sweep_copy, compiled_runs).next_evaluation()
    last = sweep_copy.trial("0000").last
    damaged = last / name
    assert damaged.is_file()
    damaged.write_bytes(b"garbage")
    outcome = worker_of(sweep_copy, compiled_runs).next_evaluation()
    assert outcome.outside_cause is not None
    assert str(last) in outcome.outside_cause
    assert f"or delete {last} to begin the trial again" in outcome.outside_cause
    assert read_status(sweep_copy.trial("0000")).state is TrialState.INTERRUPTED


@pytest.mark.parametrize("lines", [0, 1])
def test_evaluations_that_are_lost_before_the_saved_state_are_named_with_the_remedy(
    sweep_copy: SweepFolder, compiled_runs: CompiledRunCache, undisturbed: Measured, lines: int
) -> None:
    worker, trial = worker_of(sweep_copy, compiled_runs), sweep_copy.trial("0000")
    for _ in range(2):
        assert worker.next_evaluation().is_running
    kept = trial.metrics.read_text().splitlines(keepends=True)[:lines]
    trial.metrics.write_text("".join(kept))
    outcome = worker_of(sweep_copy, compiled_runs).next_evaluation()
    if lines == 1:
        assert outcome.is_running, "the evaluation at the step of the state is made again"
    else:
        assert outcome.outside_cause is not None
        assert "evaluation 1 is lost, the saved state is at step" in outcome.outside_cause
        shutil.rmtree(trial.last)
    again = worker_of(sweep_copy, compiled_runs)
    while again.next_evaluation().is_running:
        pass
    assert metrics_of(sweep_copy) == undisturbed
