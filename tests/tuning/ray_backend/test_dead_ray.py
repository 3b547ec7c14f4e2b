"""Ray's processes are killed, or its start is interrupted: one line, the right status, nothing left behind."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState, read_status
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.resume import resume_sweep

ROOT = Path(__file__).parents[3]
CHANGES: dict[str, Any] = {
    "sampler": {"type": "random"},
    "trials": 2,
    "training": {"steps": 4000, "evaluate_every": 2000},
    "max_concurrent": 1,
}
LONG_S = 240.0
ENDS_WITHIN_S = 30.0


class Driver:
    """`sweepbox sweep` in a process of its own, with a folder of its own for Ray's temporary files."""

    def __init__(self, folder: SweepFolder, home: Path, temporary: Path) -> None:
        self.folder = folder
        self.temporary = temporary
        self.terminal = home / "terminal.txt"
        command = ["sweepbox.scripts.sweep", str(home / "sweep.yaml"), "--out", str(folder.path), "--resume"]
        with self.terminal.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={"PATH": "/usr/bin:/bin", "HOME": str(home), "RAY_TMPDIR": str(temporary)},
            )

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, name: str) -> psutil.Process | None:
        return next((process for process in self.family() if process.name() == name), None)

    def until(self, happened: Callable[[], bool]) -> None:
        deadline = time.monotonic() + LONG_S
        while not happened():
            assert self.process.poll() is None, self.terminal.read_text()
            assert time.monotonic() < deadline, self.terminal.read_text()
            time.sleep(0.05)

    def said(self) -> list[str]:
        """Return the lines on the terminal but for those of the sweep's progress."""
        lines = self.terminal.read_text().splitlines()
        return [line for line in lines if not line.startswith(("sweep in ", "trial ", "drawn at random"))]


@pytest.fixture
def driver(tiny_spec: dict[str, Any], tmp_path: Path, short_folder: Path) -> Iterator[Driver]:
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump({**tiny_spec, **CHANGES}))
    folder = create_sweep(SweepRequest(tmp_path / "sweep.yaml", out=tmp_path / "run"))
    driver = Driver(folder, tmp_path, short_folder)
    yield driver
    if driver.process.poll() is None:
        for process in (*driver.family(), driver.process):
            process.kill()


def assert_nothing_is_left(driver: Driver, family: list[psutil.Process]) -> None:
    _gone, alive = psutil.wait_procs(family, timeout=120)  # Ray's helper processes poll
    assert not [process.name() for process in alive]
    assert not list(driver.temporary.iterdir())
    assert not driver.folder.is_running()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("victim", ["raylet", "gcs_server"])
def test_a_dead_ray_ends_the_sweep_with_one_line_and_leaves_its_trials_to_be_resumed(
    driver: Driver, victim: str
) -> None:
    trial = driver.folder.trial("0000")
    driver.until(lambda: trial.status.is_file() and read_status(trial).state is TrialState.RUNNING)
    family = driver.family()
    found = driver.child(victim)
    assert found is not None
    found.kill()
    killed = time.monotonic()
    assert driver.process.wait(timeout=LONG_S) == 2, driver.said()
    assert time.monotonic() - killed < ENDS_WITHIN_S
    [line] = driver.said()
    assert line == (
        f"error: Ray has died: its process {victim} has ended unexpectedly; the trials keep their last saved "
        "state: resume the sweep with --resume"
    )
    assert_nothing_is_left(driver, family)
    assert resume_sweep(SweepRequest(driver.folder.spec, out=driver.folder.path)) == driver.folder
    assert not read_status(trial).state.has_ended


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("signals", [(signal.SIGTERM,), (signal.SIGINT, signal.SIGTERM)])
def test_a_sweep_that_is_interrupted_while_ray_starts_leaves_nothing_behind(
    driver: Driver, signals: tuple[signal.Signals, ...]
) -> None:
    driver.until(lambda: driver.child("raylet") is not None)
    family = driver.family()
    for number in signals:
        driver.process.send_signal(number)
        time.sleep(0.3)
    assert driver.process.wait(timeout=LONG_S) == 130, driver.said()
    assert any("ending in order" in line for line in driver.said())
    assert "Traceback" not in driver.terminal.read_text()
    assert_nothing_is_left(driver, family)
