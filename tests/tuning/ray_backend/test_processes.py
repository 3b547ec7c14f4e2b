"""Ray's processes are found where their parent has died."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sweepbox.tuning.ray_backend.processes import RayProcesses

SLEEP = "import time; time.sleep(300)"
ORPHANED = "import subprocess as s, sys; print(s.Popen(sys.argv[1:], stdout=s.DEVNULL, stderr=s.DEVNULL).pid)"
"""Starts a process and ends."""


@pytest.fixture
def orphans(tmp_path: Path) -> Iterator[dict[str, psutil.Process]]:
    """Processes whose parent has ended: a worker of a Ray in `tmp_path`, one of another Ray, and a person's."""
    own, other = tmp_path / "r" / "session_1", tmp_path / "other" / "session_1"
    words = {
        "worker": ["lib/ray/_private/workers/default_worker.py", f"--store={own}/sockets/plasma"],
        "other": ["lib/ray/_private/workers/default_worker.py", f"--store={other}/sockets/plasma"],
        "person": [f"{own}/logs/raylet.out"],
    }
    started = {}
    for name, arguments in words.items():
        command = [sys.executable, "-c", ORPHANED, sys.executable, "-c", SLEEP, *arguments]
        told = subprocess.run(command, capture_output=True, text=True, check=True)
        started[name] = psutil.Process(int(told.stdout))
    yield started
    for process in started.values():
        if process.is_running():
            process.kill()


def test_a_worker_whose_raylet_died_while_it_started_is_ended(
    orphans: dict[str, psutil.Process], tmp_path: Path
) -> None:
    RayProcesses(tmp_path / "r").end()
    running = {
        name for name, process in orphans.items() if process.is_running() and process.status() != "zombie"
    }
    assert running == {"other", "person"}
