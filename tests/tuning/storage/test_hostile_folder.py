"""A sweep's folder from a stranger: its links lead nowhere else, no file of it blocks or fills the memory."""

import json
import os
import resource
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sweepbox.detection.core.errors import SweepboxError, SweepError, UsageError
from sweepbox.detection.core.limits import JSON_BYTES, TRIALS
from sweepbox.scripts import report
from sweepbox.tuning.report.detector.section import detector_section
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.opening import open_sweep
from sweepbox.tuning.storage.pruned_file import read_pruned
from sweepbox.tuning.storage.requests import read_requests
from sweepbox.tuning.storage.start_file import read_start
from sweepbox.tuning.sweep.clean import clean_sweep
from sweepbox.tuning.sweep.create import SweepRequest
from sweepbox.tuning.sweep.reader import best_checkpoint, load_sweep
from sweepbox.tuning.sweep.resume import resume_sweep
from sweepbox.tuning.sweep.steer import stop_trial
from sweepbox.tuning.sweep.watched import WatchedSweep

FORMAT = Path(__file__).parent / "formats" / "format_2"
QUICK_S = 10.0
MEMORY = 2 * 2**30
"""More memory than this, in bytes, may not be taken for a file."""


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FORMAT, tmp_path / "run"))


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder with a file that no command on the sweep may touch."""
    folder = tmp_path / "outside"
    for name in ("last", "best", ".x.tmp"):
        (folder / name).mkdir(parents=True)
        (folder / name / "precious").write_text("mine")
    (folder / "precious").write_text("mine")
    return folder


def _content(folder: Path) -> dict[str, str]:
    return {str(path): path.read_text() for path in folder.rglob("*") if path.is_file()}


LINKS = {
    "trials/0000": "",
    "trials/0000/last": "last",
    "trials/0000/best": "best",
    "trials/0000/metrics.jsonl": "precious",
    "trials/0000/best/weights.npz": "precious",
    "trials": "",
    "ray": "",
    "predictions": "",
    "requests": "",
    "thumbnails": "",
    "report.html": "precious",
    "report.md": "precious",
    "log.txt": "precious",
    "sweep.lock": "precious",
    "stop": "missing",
    "study.sqlite3": "precious",
    "mlflow/deep/er": "",
}


@pytest.mark.parametrize(("place", "target"), LINKS.items(), ids=LINKS)
def test_links_that_lead_out_are_refused_by_name_and_what_they_lead_to_stays(
    sweep: Path, outside: Path, place: str, target: str
) -> None:
    before, link = _content(outside), sweep / place
    if link.is_dir():
        shutil.rmtree(link)
    link.unlink(missing_ok=True)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(outside / target)
    for use in (open_sweep, load_sweep, clean_sweep, lambda path: stop_trial(path, "0001")):
        with pytest.raises(UsageError, match="symbolic link that leads out") as refused:
            use(sweep)
        assert str(link) in str(refused.value)
    assert "symbolic link" in WatchedSweep(sweep).read().problems[0]
    for use in (
        report.command,
        best_checkpoint,
        lambda path: resume_sweep(SweepRequest(path / "sweep.yaml", out=path)),
    ):
        with pytest.raises(UsageError, match="symbolic link"):
            use(sweep)
    assert _content(outside) == before
    assert not (outside / "missing").exists()


def test_links_that_stay_inside_and_a_link_to_the_sweep_are_followed(sweep: Path) -> None:
    (sweep / "kept").symlink_to("report.md")
    (sweep / "mlflow").mkdir()
    (sweep / "mlflow" / "again").symlink_to(sweep / "trials")
    (sweep / "loop").symlink_to("loop")
    link = sweep.with_name("latest")
    link.symlink_to(sweep)
    assert len(load_sweep(link).trials) == len(load_sweep(sweep).trials) == 3


@pytest.mark.parametrize("trial", ["..", "../..", "/etc", "0001/..", "", ".", "a/b", "0001\0"])
def test_a_trial_is_one_name(sweep: Path, trial: str) -> None:
    with pytest.raises(SweepboxError):
        SweepFolder(sweep).trial(trial)
    with pytest.raises(SweepboxError):
        stop_trial(sweep, trial)


def _sparse(path: Path, size: int) -> None:
    path.touch()
    os.truncate(path, size)


HOSTILE: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "huge": lambda path: _sparse(path, JSON_BYTES.value + 1),
    "very huge": lambda path: _sparse(path, 2**40),
    "nested lists": lambda path: path.write_text("[" * 1_000_000),
    "nested objects": lambda path: path.write_text('{"a":' * 1_000_000),
    "a long number": lambda path: path.write_text("9" * 1_000_000),
    "infinite": lambda path: path.write_text('{"evaluation": 1, "step": 1e999}'),
    "a folder": Path.mkdir,
}
FILES = (
    *("sweep.yaml", "sweep.json", "winner.json", "start.json", "pruned.json", "detector.json"),
    *("base.config", "label_map.pbtxt", "requests/1.json", "stop", "data/dataset.json"),
    *(f"trials/0001/{name}" for name in ("state.json", "metrics.jsonl", "changes.json", "pipeline.config")),
    *(f"trials/0001/{part}/metrics.json" for part in ("best", "last")),
    *("trials/0001/last/state.json", "trials/0001/error.txt"),
)


@pytest.fixture
def bounded_memory(sweep: Path) -> Iterator[None]:
    """Let this process take `MEMORY` more at most, once all that reads is imported."""
    _read_everything(sweep)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def _read_everything(path: Path) -> None:
    """Read what commands read of a sweep; errors of ours are part of it."""
    from sweepbox.detection.checkpoint.folder import read_checkpoint_metadata
    from sweepbox.detection.checkpoint.state import read_state
    from sweepbox.detection.config.load import load_config
    from sweepbox.tuning.report.build import report_model
    from sweepbox.tuning.storage.dataset import open_unchanged_data

    folder = SweepFolder(path)
    trial = folder.trial("0001")
    uses: tuple[Callable[[], object], ...] = (
        lambda: best_checkpoint(path),
        lambda: (report_model(state := load_sweep(path)), detector_section(state)),
        lambda: open_unchanged_data(folder, load_sweep(path).spec),
        lambda: (read_start(folder), read_pruned(folder), read_requests(folder), folder.stop_reason()),
        lambda: [load_config(file) for file in (folder.base_config, trial.config)],
        lambda: (read_checkpoint_metadata(trial.best), read_checkpoint_metadata(trial.last)),
        lambda: read_state(trial.last),
        WatchedSweep(path).read,
    )
    for use in uses:
        try:
            use()
        except (SweepboxError, OSError) as error:
            assert len(str(error)) < 2000


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.usefixtures("bounded_memory")
def test_no_file_blocks_or_fills_the_memory(sweep: Path, kind: str) -> None:
    for name in FILES:
        path, kept = sweep / name, sweep / f"{name}.kept"
        path.parent.mkdir(exist_ok=True)
        if path.exists():
            path.rename(kept)
        HOSTILE[kind](path)
        began = time.process_time()
        _read_everything(sweep)
        assert time.process_time() - began < QUICK_S, name
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        if kept.exists():
            kept.rename(path)


def test_more_trials_than_are_read_are_refused(sweep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TRIALS.variable, "2")
    with pytest.raises(SweepError, match=r"3 trials are too many .*SWEEPBOX_MAX_TRIALS"):
        load_sweep(sweep)


PARTS = st.sampled_from(
    ["..", ".", "/", "", "~", "etc", "0001", "best", "\0", "C:\\", "%2e%2e", "\ud800", "\u202e"]
)
PATHS = st.lists(PARTS, min_size=1, max_size=5).map("/".join)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=PATHS)
def test_paths_in_a_folders_records_name_nothing_outside(
    tmp_path_factory: pytest.TempPathFactory, path: str
) -> None:
    """Names of trials, thumbnails and records in JSON: what a command opens for writing stays in the folder."""
    home = tmp_path_factory.mktemp("hostile")
    sweep = Path(shutil.copytree(FORMAT, home / "run"))
    outside = home / "precious"
    outside.write_text("mine")
    state = json.loads((sweep / "trials/0001/state.json").read_text())
    winner = {"trial": path, "evaluation": 1, "step": 1, "metric": "mAP", "value": 0.5}
    for name, content in (
        ("trials/0001/state.json", {**state, "duplicate_of": path, "replaces": path}),
        ("winner.json", winner),
    ):
        (sweep / name).write_text(json.dumps(content))
    data = json.loads((sweep / "data/dataset.json").read_text())
    for split in data["splits"].values():
        split["files"] = {path: next(iter(split["files"].values()))}
    (sweep / "data/dataset.json").write_text(json.dumps(data))
    _read_everything(sweep)
    for use in (clean_sweep, lambda folder: stop_trial(folder, path)):
        try:
            use(sweep)
        except (SweepboxError, OSError):
            continue
    assert sorted(item.name for item in home.iterdir()) == ["precious", "run"]
    assert outside.read_text() == "mine"
    assert stat.S_ISREG(outside.lstat().st_mode)
    shutil.rmtree(home)
