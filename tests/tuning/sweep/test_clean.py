"""What `sweepbox clean` removes, and what it leaves."""

from collections.abc import Callable, Sequence

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.files import hidden_sibling
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.clean import clean_sweep, remove_remains
from sweepbox.tuning.sweep.manager import TrialManager

Live = Callable[[SweepFolder, str, Sequence[float], TrialState], None]


@pytest.fixture
def folder(sweep: Callable[..., SweepFolder], live: Live) -> SweepFolder:
    """A sweep whose process died after its first trial and in its second."""
    folder = sweep()
    manager = TrialManager(folder, load_spec(folder.spec))
    for trial_id, state in (("0000", TrialState.FINISHED), ("0001", TrialState.RUNNING)):
        manager.next_trial()
        live(folder, trial_id, [0.1, 0.2, 0.3], state)
        (folder.trial(trial_id).last / "optimizer.npz").write_bytes(b"x" * 1000)
    folder.ray.mkdir()
    (folder.ray / "events").write_bytes(b"x" * 500)
    return folder


def test_it_removes_what_is_not_needed_and_says_how_much(folder: SweepFolder) -> None:
    before = {path for path in folder.path.rglob("*") if path.is_file()}
    saved = sum(path.stat().st_size for path in folder.trial("0000").last.iterdir())
    assert clean_sweep(folder.path) == saved + 500
    removed = before - set(folder.path.rglob("*"))
    roots = {folder.trial("0000").last, folder.ray}
    assert {path.parent for path in removed} == roots
    assert folder.trial("0000").best.is_dir()
    assert folder.trial("0001").last.is_dir(), "the second trial resumes from it"
    assert clean_sweep(folder.path) == 0


def test_a_running_sweep_is_left_alone(folder: SweepFolder) -> None:
    with folder.held(), pytest.raises(SweepError, match="another process runs this sweep"):
        clean_sweep(folder.path)
    assert folder.trial("0000").last.is_dir()


def test_states_from_which_copies_may_start_are_kept(sweep: Callable[..., SweepFolder], live: Live) -> None:
    scheduler = {"type": "pbt"}
    dynamic = {"space": {"learning_rate": {"log_uniform": [1e-4, 1e-2]}}, "augmentations": {}}
    folder = sweep(scheduler=scheduler, **dynamic)
    TrialManager(folder, load_spec(folder.spec)).next_trial()
    live(folder, "0000", [0.1, 0.2, 0.3], TrialState.FINISHED)
    clean_sweep(folder.path)
    assert folder.trial("0000").last.is_dir()


def test_what_killed_processes_were_writing_is_removed_but_no_request(folder: SweepFolder) -> None:
    trial = folder.trial("0001")
    left = [hidden_sibling(path) for path in (trial.status, folder.metadata, trial.path)]
    states = [hidden_sibling(trial.last)]
    requests = [hidden_sibling(path) for path in (folder.stop_request, trial.stop_request)]
    for path in states:
        path.mkdir()
        (path / "weights.npz").touch()
    for path in (*left, *requests):
        path.touch()
    before = {path for path in folder.path.rglob("*") if not path.name.endswith(".tmp")}
    remove_remains(folder)
    found = set(folder.path.rglob("*"))
    assert not found & {*left, *states}
    assert found >= {*requests}
    assert before - found == {state / "weights.npz" for state in states}
