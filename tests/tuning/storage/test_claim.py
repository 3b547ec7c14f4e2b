"""Two drivers of one folder: one makes and runs the sweep, the other is refused before it prepares anything."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.claim import DRAFT, check_free, claimed, draft_of
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.sweep.begin import begun_sweep
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep

Write = Callable[..., Path]
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("other", ["prepares", "runs"])
def test_a_second_driver_is_refused_before_it_writes(
    write_spec: Write, photographs: Path, tmp_path: Path, other: str, resume: bool
) -> None:
    folder = SweepFolder(tmp_path / "run")
    if other == "runs":
        create_sweep(SweepRequest(write_spec(), out=folder.path))
    before = sorted(folder.path.iterdir()) if folder.path.exists() else []
    spec = folder.spec.read_text() if folder.exists else None
    request = SweepRequest(write_spec(), data=None if resume else photographs, out=folder.path, trials=9)
    with folder.held():
        with pytest.raises(SweepError) as error, begun_sweep(request, resume=resume):
            pytest.fail("two drivers hold the folder")
        assert str(folder.path) in str(error.value)
        assert "\n" not in str(error.value)
        assert {*folder.path.iterdir()} - {*before} <= {folder.lock}
    assert (folder.spec.read_text() if folder.exists else None) == spec


def test_the_folder_is_held_from_before_the_data_are_prepared_until_the_end(
    write_spec: Write, photographs: Path, tmp_path: Path
) -> None:
    request = SweepRequest(write_spec(), data=photographs, out=tmp_path / "run")
    folder = SweepFolder(tmp_path / "run")
    seen: list[bool] = []

    def look(_done: int, _total: int) -> None:
        seen.append(folder.is_running())
        with pytest.raises(SweepError, match="another process makes a sweep here; choose another --out"):
            create_sweep(request)

    with begun_sweep(request, resume=False, on_progress=look) as begun:
        assert begun == folder
        assert begun.is_running()
    assert seen
    assert all(seen)
    assert not folder.is_running()
    assert not (folder.path / DRAFT).exists()


DRIVER = """
import sys, time
from pathlib import Path
from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.sweep.begin import begun_sweep
from sweepbox.tuning.sweep.create import SweepRequest

spec, data, out, go, pause = map(Path, sys.argv[1:])
print("ready", flush=True)
while not go.exists():
    time.sleep(0.001)
request = SweepRequest(spec, data=data, out=out)
try:
    with begun_sweep(request, resume=False, on_progress=lambda *_: time.sleep(float(pause.name))):
        time.sleep(1)
        print("ran")
except SweepError as error:
    print(error)
"""


def driver_of(spec: Path, data: Path, home: Path, *, pause_s: float = 0.05) -> subprocess.Popen[str]:
    """Return a process that makes a sweep as soon as `home/go` is there, slowed down while it prepares."""
    arguments = [spec, data, home / "run", home / "go", pause_s]
    command = [sys.executable, "-c", DRIVER, *map(str, arguments)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.slow
def test_of_equal_commands_at_the_same_moment_one_runs(
    write_spec: Write, photographs: Path, tmp_path: Path
) -> None:
    drivers = [driver_of(write_spec(), photographs, tmp_path) for _ in range(3)]
    (tmp_path / "go").touch()
    said = sorted(driver.communicate()[0] for driver in drivers)
    assert said.count("ran\n") == 1
    refused = [text for text in said if text != "ran\n"]
    assert all("another process" in text and text.count("\n") == 1 for text in refused)
    assert load_spec(tmp_path / "run" / "sweep.yaml").data == "data"


TAKEN = ["thesis.tex", "data", "sweep.json", "trials", ".hidden", "sweep.yaml"]


@pytest.mark.parametrize("name", TAKEN)
def test_a_folder_with_anything_in_it_is_left_as_it_is(write_spec: Write, tmp_path: Path, name: str) -> None:
    run = tmp_path / "run"
    run.mkdir()
    if name in ("data", "trials"):
        (run / name).mkdir()
    else:
        (run / name).write_text("mine")
    with pytest.raises(SweepError, match=r"is not empty|is here already"):
        create_sweep(SweepRequest(write_spec(), out=run))
    assert [path.name for path in run.iterdir()] == [name]


def test_a_folder_that_fills_while_it_is_claimed_is_refused(tmp_path: Path) -> None:
    folder = SweepFolder(tmp_path / "run")
    check_free(folder)
    folder.path.mkdir()
    folder.spec.write_text("another driver's")
    with pytest.raises(SweepError, match="a sweep is here already"), claimed(folder):
        pytest.fail("the folder is taken")
    assert folder.spec.read_text() == "another driver's"


@pytest.mark.parametrize("moved", range(7))
def test_what_a_killed_process_began_is_begun_again(write_spec: Write, tmp_path: Path, moved: int) -> None:
    request = SweepRequest(write_spec(), out=tmp_path / "run")
    folder = create_sweep(request)
    draft = folder.path / DRAFT
    draft.mkdir()
    files = sorted(folder.path.iterdir(), key=lambda path: path == folder.spec)
    for path in [path for path in files if path not in (draft, folder.lock)][moved:]:
        path.rename(draft / path.name)
    if folder.exists:
        with pytest.raises(SweepError, match="a sweep is here already"):
            create_sweep(request)
        return
    assert create_sweep(request) == folder
    assert folder.exists
    assert not draft.exists()


def test_an_error_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    for is_there in (False, True):
        folder = SweepFolder(tmp_path / str(is_there))
        if is_there:
            folder.path.mkdir()
        with pytest.raises(ZeroDivisionError), claimed(folder), draft_of(folder) as draft:
            draft.trials.mkdir()
            raise ZeroDivisionError
        assert folder.path.exists() is is_there
        assert not is_there or not list(folder.path.iterdir())


@pytest.mark.slow
def test_a_process_killed_while_it_prepares_leaves_no_obstacle(
    write_spec: Write, photographs: Path, tmp_path: Path
) -> None:
    process = driver_of(write_spec(), photographs, tmp_path, pause_s=60)
    (tmp_path / "go").touch()
    while not (tmp_path / "run" / DRAFT).exists():
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert (tmp_path / "run" / DRAFT).is_dir()
    request = SweepRequest(write_spec(), data=photographs, out=tmp_path / "run")
    assert create_sweep(request).exists
