"""A sweep on three nodes that share nothing but an S3 server: a node and the driver are killed meanwhile."""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from sweepbox.tuning.storage.remote.reader import local_sweep
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.reader import load_sweep
from sweepbox.tuning.sweep.state import SweepState
from tests.cluster_of_nodes import Cluster, Node, S3Server, cluster_of_nodes, s3_server, why_not
from tests.processes import kill_family
from tests.tiny import QUICKSTART, TINY

BUCKET = "sweeps"
DATA, OUT = f"s3://{BUCKET}/records", f"s3://{BUCKET}/runs/demo"
STEPS, EVERY, TRIALS = 16, 2, 4
SPEC: dict[str, Any] = {
    "name": "demo",
    "base_config": str(QUICKSTART),
    "set": TINY,
    "space": {"learning_rate": {"log_uniform": [1e-4, 1e-2]}},
    "augmentations": {"random_adjust_brightness": {"enabled": True, "max_delta": {"uniform": [0.05, 0.25]}}},
    "objective": {"metric": "mAP@.50"},
    "scheduler": {"type": "none"},
    "trials": TRIALS,
    "training": {"steps": STEPS, "evaluate_every": EVERY},
    "keep_checkpoints": 1,
}
WITHIN_S = 400.0
HOME = Path.home()
FINISHED = re.compile(r"^trial (\d{4}): finished", re.MULTILINE)
THREADS = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass
class Driver:
    """A driver of the sweep, as a process on a node."""

    process: subprocess.Popen[bytes]
    output: Path

    @classmethod
    def begin(cls, node: Node, cluster: Cluster, spec: str, *options: str) -> "Driver":
        output = cluster.folder / f"driver-on-{node.name}.txt"
        command = [sys.executable, "-m", "sweepbox.scripts.sweep", spec, "--out", OUT, *options]
        return cls(node.begin(*command, "--address", cluster.address, output=output), output)

    def until(self, happened: Callable[[SweepState], bool]) -> SweepState:
        """Look at the sweep on the store until something has happened, and return it."""
        deadline = time.monotonic() + WITHIN_S
        while True:
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            if "trial 0000: step" in self.output.read_text() and happened(state := stored()):
                return state
            time.sleep(0.5)


def stored() -> SweepState:
    """Return the sweep as its URI has it."""
    return load_sweep(local_sweep(OUT))


def on(node: Node, state: SweepState) -> set[str]:
    """Return the trials that have reported from a node and have not ended."""
    return {
        trial.id
        for trial in state.trials
        if trial.status.host == node.name and trial.evaluations and not trial.state.has_ended
    }


def trial_processes(node: Node) -> list[str]:
    """Return the titles of a node's processes that hold a trial."""
    titles = []
    for process in node.processes():
        try:
            titles += [" ".join(process.cmdline())]
        except psutil.Error:
            continue
    return [title for title in titles if title.startswith("ray::TrialTrainable")]


@pytest.mark.cluster
@pytest.mark.timeout(900)
def test_a_sweep_on_a_uri_outlives_a_node_and_its_driver(
    records: Path, photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    with s3_server(BUCKET) as s3:
        s3.upload(records, BUCKET, "records")
        with cluster_of_nodes(tmp_path, "one", "two", "three", environment=s3.environment | THREADS) as cluster:
            for name, value in (s3.environment | {"SWEEPBOX_CACHE": str(tmp_path / "cache")}).items():
                monkeypatch.setenv(name, value)  # this process looks on as a machine outside the cluster
            check_that_nothing_is_shared(cluster)
            outputs = run_with_faults(cluster)
            check_records(stored(), outputs)
            check_secrets(s3, cluster, tmp_path)
            processes = [process for node in cluster.nodes for process in node.processes()]
        check_winner(photographs, tmp_path)
        check_secrets(s3, None, tmp_path)
    assert not [process for process in processes if process.is_running()]
    assert not [process for process in psutil.process_iter() if cluster.address in " ".join(cmdline(process))]


def cmdline(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def check_that_nothing_is_shared(cluster: Cluster) -> None:
    """Check that no two nodes can write the same file system, and that a folder cannot hold the sweep."""
    devices = [set(node.writable_devices().values()) for node in cluster.nodes]
    assert all(devices)
    assert not devices[0] & devices[1]
    assert not devices[0] & devices[2]
    assert not devices[1] & devices[2]
    for node in cluster.nodes:
        assert node.run("touch", Path(__file__).parent / "written").returncode == 1
    one = cluster.nodes[0]
    checked = one.sweepbox(
        "cluster", "check", "--address", cluster.address, "--data", DATA, "--out", HOME / "runs"
    )
    assert checked.returncode == 2, checked.stderr
    refused = [line for line in checked.stdout.splitlines() if line.startswith("refused")]
    assert sorted(line.split(":")[0].split()[-1] for line in refused) == ["three", "two"]
    assert all(f"cannot use {HOME / 'runs'}: there is no such folder; put it on" in line for line in refused)


def run_with_faults(cluster: Cluster) -> list[str]:
    """Run the sweep, kill a node and the driver, and resume elsewhere; return what the drivers printed."""
    one, two, three = cluster.nodes
    spec = HOME / "demo.yaml"
    one.write(str(spec), yaml.safe_dump(SPEC))
    first = Driver.begin(one, cluster, str(spec), "--data", DATA)
    first.until(lambda state: bool(on(three, state)))
    three.kill()
    lost = on(three, stored())
    first.until(lambda state: any(trial.state.has_ended for trial in state.trials))
    kill_family(first.process)
    assert one.run("sh", "-c", f"rm -r {spec} {HOME}/.cache; rm -rf /tmp/sweepbox*").returncode == 0
    second = Driver.begin(two, cluster, f"{OUT}/sweep.yaml", "--resume")
    assert second.process.wait(timeout=WITHIN_S) == 0, second.output.read_text()
    state = stored()
    for trial in state.trials:
        assert trial.id not in lost or (trial.status.attempts >= 2 and trial.status.host != three.name)
    deadline = time.monotonic() + 60
    while left := [title for node in (one, two) for title in trial_processes(node)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.5)
    return [first.output.read_text(), second.output.read_text()]


def check_records(state: SweepState, outputs: list[str]) -> None:
    """Check that each trial ended once and has each evaluation once."""
    assert state.is_complete
    assert [trial.state for trial in state.trials] == [TrialState.FINISHED] * TRIALS
    for trial in state.trials:
        assert [item.evaluation for item in trial.evaluations] == list(range(1, STEPS // EVERY + 1))
        assert [item.step for item in trial.evaluations] == list(range(EVERY, STEPS + 1, EVERY))
    told = [trial_id for output in outputs for trial_id in FINISHED.findall(output)]
    assert len(told) == len(set(told))


def check_secrets(s3: S3Server, cluster: Cluster | None, folder: Path) -> None:
    """Check that no object, log or file has the credentials."""
    for secret in (s3.secret, s3.key_id):
        assert not [key for key, content in s3.objects(BUCKET).items() if secret.encode() in content]
        files = (path for path in folder.rglob("*") if path.is_file())
        assert not [path for path in files if secret.encode() in path.read_bytes()]
        for node in () if cluster is None else cluster.nodes[:2]:
            assert not node.files_with(secret)


def check_winner(photographs: Path, folder: Path) -> None:
    """Export the winner from the URI on a machine that has nothing of the sweep, and detect with it."""
    picture = next(photographs.rglob("*.jpg"))
    for verb, *arguments in (
        ("export", OUT, folder / "export"),
        ("detect", folder / "export", picture, "--out", folder / "found"),
    ):
        command = [sys.executable, "-m", f"sweepbox.scripts.{verb}", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=200)
        assert done.returncode == 0, done.stdout + done.stderr
    assert any((folder / "found").iterdir())
