"""Causes outside the trials stop a sweep with one line, and it goes on when they are mended."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.scripts.sweeps import Sweep, make_home, status

STEPS, EVERY, TRIALS = 12, 3, 2
END_S = 400
DISK_MEGABYTES, LARGER_MEGABYTES = 16, 128

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with records and the sweep file of two trials, one at a time."""
    return make_home(tmp_path, trials=TRIALS, training={"steps": STEPS, "evaluate_every": EVERY})


Start = Callable[..., Sweep]


@pytest.fixture
def start(home: Path) -> Iterator[Start]:
    """A function that starts a sweep; what still runs at the end is killed."""
    sweeps: list[Sweep] = []

    def begin(*options: str, run: Path | None = None) -> Sweep:
        sweeps.append(Sweep(home, *options, run=run))
        return sweeps[-1]

    yield begin
    for sweep in sweeps:
        if sweep.process.poll() is None:
            sweep.kill_everything()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of few megabytes, in memory."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if not _mount(disk, DISK_MEGABYTES):
        pytest.skip("file systems cannot be mounted here")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def _mount(disk: Path, megabytes: int, *, again: bool = False) -> bool:
    options = f"{'remount,' if again else ''}size={megabytes}m"
    try:
        return (
            subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], check=False).returncode == 0
        )
    except FileNotFoundError:
        return False


def error_of(sweep: Sweep) -> str:
    """Wait until a sweep has ended with status 2, and return its only line about an error."""
    assert sweep.process.wait(timeout=END_S) == 2, sweep.output()
    _, *errors = sweep.output().split("error: ")
    assert len(errors) == 1, sweep.output()
    assert "Traceback" not in sweep.output()
    [line] = errors[0].splitlines()
    return line


def check_finished_once(sweep: Sweep) -> None:
    """Check that a resumed sweep ends well, with each evaluation of each trial once."""
    assert sweep.process.wait(timeout=END_S) == 0, sweep.output()
    trials = status(sweep.run)["trials"]
    assert [(trial["id"], trial["state"]) for trial in trials] == [
        (f"{number:04d}", "finished") for number in range(TRIALS)
    ]
    for trial in trials:
        lines = (sweep.run / "trials" / trial["id"] / "metrics.jsonl").read_text().splitlines()
        assert [json.loads(line)["step"] for line in lines] == list(range(EVERY, STEPS + 1, EVERY))


def states(run: Path) -> list[str]:
    return [trial["state"] for trial in status(run)["trials"]]


def test_records_that_are_away_end_no_trial(home: Path, start: Start) -> None:
    killed = start()
    killed.until(lambda: state_of(killed.run / "trials" / "0000") == "finished", within_s=END_S)
    killed.kill_everything()
    (home / "records").rename(home / "away")
    line = error_of(start("--resume"))
    assert f"{home / 'records'}: the sweep's records are not there; bring them back" in line
    assert "failed" not in states(killed.run)
    (home / "away").rename(home / "records")
    check_finished_once(start("--resume"))


def test_a_full_disk_ends_no_trial(small_disk: Path, start: Start) -> None:
    run = small_disk / "run"
    first = start(run=run)
    first.until(lambda: first.evaluations() >= 2, within_s=END_S)
    fill(small_disk / "ballast")
    line = error_of(first)
    assert "No space left on device; free some space" in line
    assert "--resume" in line
    assert "failed" not in states(run)
    assert _mount(small_disk, LARGER_MEGABYTES, again=True)
    check_finished_once(start("--resume", run=run))


def state_of(trial: Path) -> str:
    """Return the state of a trial; empty before it has one."""
    path = trial / "state.json"
    return str(json.loads(path.read_text())["state"]) if path.exists() else ""


def fill(path: Path) -> None:
    """Write a file until the disk is full."""
    block = bytes(2**16)
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(block) == len(block):
                pass
        except OSError:
            return
