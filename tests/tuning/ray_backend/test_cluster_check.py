"""Two real nodes of Ray on this machine are examined, before a sweep and by the command."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from sweepbox.tuning.ray_backend.node_facts import facts_of_this_node
from sweepbox.tuning.ray_backend.node_storage import sha256_of_object, unreachable_stores
from tests.cluster_of_nodes import S3Server, free_port, s3_server
from tests.processes import kill_family

ROOT = Path(__file__).parents[3]
PORT = 26379
ADDRESS = f"127.0.0.1:{PORT}"
STARTED = "Ray runtime started."
START_S = 120.0


@dataclass
class Cluster:
    """Nodes on this machine, each with its own processes."""

    folder: Path
    environment: dict[str, str]
    s3: S3Server
    nodes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add(self, *options: str, **environment: str) -> None:
        """Start a node and wait until it runs."""
        output = self.folder / f"node-{len(self.nodes)}.txt"
        command = [str(Path(sys.executable).with_name("ray")), "start", "--block", *options]
        with output.open("w") as file:
            node = subprocess.Popen(
                command, env=self.environment | environment, stdout=file, stderr=subprocess.STDOUT
            )
        self.nodes.append(node)
        deadline = time.monotonic() + START_S
        while STARTED not in output.read_text():
            assert node.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.1)

    def sweepbox(self, verb: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", f"sweepbox.scripts.{verb}", *map(str, arguments), "--address", ADDRESS]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=200
        )


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A head without GPUs, and a node that offers a GPU which it does not have and reaches no S3."""
    with TemporaryDirectory(dir="/tmp") as folder, s3_server("sweeps") as s3:
        environment = (
            os.environ
            | s3.environment
            | {
                "RAY_AUTH_MODE": "token",
                "RAY_AUTH_TOKEN": "0" * 32,
                "RAY_USAGE_STATS_ENABLED": "0",
            }
        )
        cluster = Cluster(Path(folder), environment, s3)
        try:
            head = ("--head", f"--port={PORT}", f"--temp-dir={folder}/ray", "--include-dashboard=false")
            cluster.add(*head, "--num-cpus=1", "--num-gpus=0")
            nowhere = f"http://127.0.0.1:{free_port()}"
            cluster.add(f"--address={ADDRESS}", "--num-cpus=1", "--num-gpus=1", AWS_ENDPOINT_URL=nowhere)
            yield cluster
        finally:
            for node in reversed(cluster.nodes):
                kill_family(node)


@pytest.mark.cluster
@pytest.mark.timeout(300)
def test_all_nodes_of_a_sound_cluster_are_shown(cluster: Cluster, records: Path, tmp_path: Path) -> None:
    done = cluster.sweepbox("cluster", "check", "--data", records, "--out", tmp_path / "runs")
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("a sweep can run here")
    rows = [line.split("│") for line in done.stdout.splitlines() if line.startswith("│")]
    assert sorted((row[3].strip(), row[4].strip()) for row in rows) == [("1", "0"), ("1", "1")]
    assert not list((tmp_path / "runs").iterdir())


@pytest.mark.cluster
@pytest.mark.timeout(300)
def test_a_sweep_is_refused_by_a_node_that_could_not_run_it(
    cluster: Cluster, write_spec: Callable[..., Path], tmp_path: Path
) -> None:
    spec = write_spec(resources_per_trial={"cpu": 1, "gpu": 0.5})
    checked = cluster.sweepbox("cluster", "check", spec)
    assert checked.returncode == 2
    assert "Ray offers GPUs, NVIDIA's driver names none" in checked.stdout
    begun = cluster.sweepbox("sweep", spec, "--out", tmp_path / "run")
    assert begun.returncode == 2
    assert "the cluster cannot run this sweep" in begun.stderr
    assert "Ray offers GPUs, NVIDIA's driver names none" in begun.stderr
    assert not list((tmp_path / "run" / "trials").iterdir())
    assert not list((tmp_path / "run").glob(".sweepbox-probe-*"))


@pytest.mark.cluster
@pytest.mark.timeout(300)
def test_a_node_that_does_not_reach_the_store_is_named_with_the_remedy(cluster: Cluster, records: Path) -> None:
    cluster.s3.upload(records, "sweeps", "records")
    checked = cluster.sweepbox("cluster", "check", "--data", "s3://sweeps/records", "--out", "s3://sweeps/runs")
    assert checked.returncode == 2
    refused = [line for line in checked.stdout.splitlines() if line.startswith("refused")]
    assert len(refused) == 2
    for line, uri, done in zip(refused, ("records/dataset.json", "runs"), ("read", "written"), strict=True):
        assert f"cannot use s3://sweeps/{uri}: cannot be {done}" in line
        assert "check the network, the rights and the credentials in the environment" in line
    assert len({line.split(": cannot use")[0] for line in refused}) == 1
    assert not [key for key in cluster.s3.objects("sweeps") if "probe" in key]
    missing = cluster.sweepbox("cluster", "check", "--out", "s3://no-such-bucket/runs")
    assert missing.returncode == 2
    assert missing.stderr.startswith("error: s3://no-such-bucket/runs: cannot be written")


def test_stores_are_read_written_and_left_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_text("{}")
    (tmp_path / "file").touch()
    uri = (tmp_path / "dataset.json").as_uri()
    sha256 = sha256_of_object(uri)
    assert not unreachable_stores({uri: sha256}, [(tmp_path / "runs").as_uri()], "probe")
    assert not list((tmp_path / "runs").iterdir())
    below_file = f"{(tmp_path / 'file').as_uri()}/runs"
    absent = (tmp_path / "absent").as_uri()
    told = unreachable_stores({uri: "0" * 64, absent: sha256}, [below_file], "probe")
    assert told[uri].startswith("the driver reads another content; ")
    assert told[absent] == "there is no such object; check the URI"
    assert told[below_file].startswith("cannot be written (")


def test_a_node_tells_what_it_cannot_reach(tmp_path: Path) -> None:
    shared, other = tmp_path / "shared", tmp_path / "other"
    shared.mkdir()
    other.mkdir()
    (shared / "probe").touch()
    (shared / "dataset.json").write_text("{}")
    folders = [str(path) for path in (shared, other, tmp_path / "none")]
    files = {str(shared / "dataset.json"): "0" * 64, str(other / "dataset.json"): "0" * 64}
    facts = facts_of_this_node(["numpy", "no-such-package"], folders, "probe", files)
    assert list(facts["packages"]) == ["numpy"]
    written = facts["folders"][str(shared)]["file"]
    assert written.startswith("probe-")
    assert (shared / written).is_file()
    assert facts["folders"][str(other)] == {"problem": "it is not the folder that the driver sees"}
    assert facts["folders"][str(tmp_path / "none")] == {"problem": "there is no such folder"}
    assert facts["unreadable"] == {
        str(shared / "dataset.json"): "the driver reads another content",
        str(other / "dataset.json"): "No such file or directory",
    }
