"""One of two nodes is asked to end, as before a machine is taken away: its trial goes on on the other."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import pytest
import yaml

from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState, read_evaluations, read_status
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from tests.cluster_of_nodes import free_port
from tests.processes import kill_family

ROOT = Path(__file__).parents[3]
LONG_S = 300.0
EVALUATIONS = 3
SWEEP: dict[str, Any] = {
    "space": {"learning_rate": {"uniform": [1e-4, 1e-3]}},
    "augmentations": {},
    "sampler": {"type": "random"},
    "trials": 1,
    "training": {"steps": 150, "evaluate_every": 150 // EVALUATIONS},
    "loggers": [],
}


class Nodes:
    """A head without CPUs and two nodes with one each, and the driver of a sweep."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.address = f"127.0.0.1:{free_port()}"
        self.environment = os.environ | {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": "0" * 32,
            "RAY_USAGE_STATS_ENABLED": "0",
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, *command: object) -> subprocess.Popen[bytes]:
        with (self.home / f"{name}.txt").open("w") as file:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=ROOT,
                env=self.environment,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        return process

    def node(self, name: str, *options: str) -> subprocess.Popen[bytes]:
        ray = Path(sys.executable).with_name("ray")
        process = self.start(name, ray, "start", "--block", *options)
        wait_until(lambda: "Ray runtime started." in (self.home / f"{name}.txt").read_text())
        return process

    def close(self) -> None:
        for process in reversed(self.processes):
            if process.poll() is None:
                kill_family(process)


def wait_until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + LONG_S
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    with TemporaryDirectory(dir="/tmp") as folder:
        nodes = Nodes(Path(folder))
        try:
            yield nodes
        finally:
            nodes.close()


def runs_a_trial(node: subprocess.Popen[bytes]) -> bool:
    family = psutil.Process(node.pid).children(recursive=True)
    return any(
        process.name().startswith("ray::") and "Trainable" in "".join(process.cmdline()) for process in family
    )


@pytest.mark.cluster
@pytest.mark.timeout(600)
def test_a_trial_goes_on_on_another_node_when_its_own_is_asked_to_end(
    nodes: Nodes, tiny_spec: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump({**tiny_spec, **SWEEP}))
    folder: SweepFolder = create_sweep(SweepRequest(tmp_path / "sweep.yaml", out=tmp_path / "run"))
    port = nodes.address.rpartition(":")[2]
    quiet = ("--num-gpus=0", "--include-dashboard=false")
    nodes.node("head", "--head", f"--port={port}", f"--temp-dir={nodes.home}/ray", "--num-cpus=0", *quiet)
    workers = [
        nodes.node(name, f"--address={nodes.address}", "--num-cpus=1", "--num-gpus=0")
        for name in ("one", "two")
    ]
    sweep = ("-m", "sweepbox.scripts.sweep", tmp_path / "sweep.yaml", "--out", folder.path, "--resume")
    driver = nodes.start("driver", sys.executable, *sweep, "--address", nodes.address)
    trial = folder.trial("0000")
    wait_until(lambda: driver.poll() is not None or read_evaluations(trial))
    [node] = [worker for worker in workers if runs_a_trial(worker)]
    [raylet] = [child for child in psutil.Process(node.pid).children() if child.name() == "raylet"]
    raylet.send_signal(signal.SIGTERM)
    assert driver.wait(LONG_S) == 0, (nodes.home / "driver.txt").read_text()
    status = read_status(trial)
    assert (status.state, status.attempts) == (TrialState.FINISHED, 2)
    assert [item.evaluation for item in read_evaluations(trial)] == list(range(1, EVALUATIONS + 1))
    log = folder.log.read_text()
    assert "goes on from its saved state: the trial's" in log
    assert "the trial's process died" not in log
