"""A sweep whose data, weights or folder are away is refused before it starts, and no trial ends by it."""

import json
import resource
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from sweepbox.detection.core.errors import SweepboxError, UnavailableError
from sweepbox.tuning.ray_backend.launch import run_sweep
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import load_sweep
from sweepbox.tuning.sweep.readiness import check_ready

CHECKPOINT = Path(__file__).parents[2] / "golden" / "model_mobilenet_v2_fpnlite_small"


@pytest.fixture
def begun(tmp_path: Path, tiny_spec: dict[str, object], records: Path) -> SweepFolder:
    """A sweep that a killed process left with one trial running; its records and weights lie beside it."""
    shutil.copytree(records, tmp_path / "records")
    shutil.copytree(CHECKPOINT, tmp_path / "weights")
    keys = {**tiny_spec, "data": "records", "initial_weights": "weights/ckpt-0"}
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump(keys))
    folder = create_sweep(SweepRequest(tmp_path / "sweep.yaml", out=tmp_path / "run"))
    manager = TrialManager(folder, load_spec(folder.spec))
    manager.next_trial()
    return folder


def remove(name: str) -> Callable[[Path], object]:
    return lambda home: (home / name).rename(home / "away")


def cut(name: str) -> Callable[[Path], object]:
    def act(home: Path) -> None:
        (path,) = home.glob(name)
        path.write_bytes(path.read_bytes()[:-9])

    return act


def other_records(home: Path) -> None:
    """Put other records in their place, as preparing others there would."""
    description = home / "records" / "dataset.json"
    described = json.loads(description.read_text())
    for file in described["splits"]["train"]["files"].values():
        file["sha256"] = file["sha256"][::-1]
    description.write_text(json.dumps(described))


def changed(name: str, before: bytes, after: bytes) -> Callable[[Path], object]:
    def act(home: Path) -> None:
        content = (home / name).read_bytes()
        assert before in content
        (home / name).write_bytes(content.replace(before, after, 1))

    return act


ONE_CHANGED = r"damaged \(it is not what the sweep began with\); restore the file"
WORLDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "records moved away": (remove("records"), "records: the sweep's records are not there; bring them back"),
    "label map of the records gone": (remove("records/label_map.pbtxt"), "label_map.pbtxt is missing"),
    "a part of the records cut": (cut("records/train*record*"), "the file is missing or has not its"),
    "the description torn": (cut("records/dataset.json"), "dataset.json"),
    "other records in their place": (other_records, "are not those that the sweep began with"),
    "weights moved away": (remove("weights"), "initial weights: .*there is no such checkpoint"),
    "a part of the weights gone": (remove("weights/ckpt-0.index"), "initial weights: "),
    "classes gone": (
        remove("run/label_map.pbtxt"),
        "label_map.pbtxt: the sweep's classes are missing; restore",
    ),
    "config gone": (remove("run/base.config"), "base.config: the sweep's config is missing; restore"),
    "a value of the config changed": (
        changed("run/base.config", b"batch_size: 2", b"batch_size: 3"),
        ONE_CHANGED,
    ),
    "a class renamed": (changed("run/label_map.pbtxt", b"with_mask", b"with_mask2"), ONE_CHANGED),
    "another starting point": (changed("run/start.json", b"[", b"[ "), ONE_CHANGED),
    "config torn": (cut("run/base.config"), "base.config: damaged .*; restore the file"),
}


@pytest.mark.parametrize("kind", WORLDS)
def test_what_all_trials_need_is_checked_before_any_starts(begun: SweepFolder, kind: str) -> None:
    change, message = WORLDS[kind]
    check_ready(begun, load_spec(begun.spec))
    change(begun.path.parent)
    with pytest.raises(SweepboxError, match=message) as error:
        run_sweep(begun)
    assert "\n" not in str(error.value)
    state = load_sweep(begun.path)
    assert [trial.state for trial in state.trials] == [TrialState.PENDING]
    assert state.trials[0].status.attempts == 0
    assert not begun.is_running()


@contextmanager
def files_end_at(limit: int) -> Iterator[None]:
    """Let no file grow beyond a number of bytes, in this process."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("limit", [0, 100, 20_000])
def test_a_folder_that_cannot_be_written_is_named_with_the_way_on(begun: SweepFolder, limit: int) -> None:
    with files_end_at(limit), pytest.raises(UnavailableError, match=r"sweep stops.*File too large") as error:
        run_sweep(begun)
    assert str(begun.path) in str(error.value)
    assert f"sweepbox sweep {begun.spec} --out {begun.path} --resume" in str(error.value)
    assert "\n" not in str(error.value)
    assert [trial.state for trial in load_sweep(begun.path).trials] == [TrialState.PENDING]
