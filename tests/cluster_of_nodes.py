"""A Ray cluster whose nodes share no writable path, and an S3 server that all of them reach.

Each node has a mount namespace of its own, in which the disk is read-only and all that is writable (home, /tmp,
/dev/shm, …) is a file system in memory that only this node has. It also has its own processes, host name and
address on the loopback interface, as another machine would have.
"""

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
UNSHARE = ("unshare", "--mount", "--propagation=private", "--uts", "--pid", "--fork", "--kill-child")
PRIVATE = ("/tmp", "/var/tmp", "/run", "/dev/shm")  # noqa: S108 - mounted anew on each node
"""Folders that are writable on a machine, beside the home folder."""
KERNEL = {"proc", "sysfs", "cgroup", "cgroup2", "devpts", "mqueue", "securityfs", "debugfs", "tracefs"}
"""File systems that show the kernel's state, on which nothing can be kept."""
STARTED = "Ray runtime started."
START_S = 180.0


def why_not() -> str | None:
    """Return why this machine lets no process have mounts of its own; None where it does."""
    try:
        tried = subprocess.run(
            [*UNSHARE, "sh", "-c", "mount -t tmpfs none /tmp && mount -o remount,bind,ro / && hostname node"],
            capture_output=True,
            text=True,
            timeout=60,
        )
    except OSError as error:
        return f"unshare cannot be run: {error}"
    return None if tried.returncode == 0 else f"mount namespaces are not permitted: {tried.stderr.strip()}"


@dataclass
class Node:
    """A node of Ray with its own mounts and processes; `address` is its own on the loopback interface."""

    name: str
    address: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    output: Path

    @property
    def first_process(self) -> int:
        """The process, by its number outside, whose end ends all processes of the node."""
        return psutil.Process(self.process.pid).children()[0].pid

    def wait(self) -> None:
        """Wait until Ray runs on the node."""
        _wait_for(STARTED, self.output, self.process)

    def command(self, *arguments: object) -> list[str]:
        """Return a command that runs another one on the node."""
        enter = ["nsenter", "--mount", "--uts", "--pid", f"--target={self.first_process}", f"--wd={ROOT}"]
        return [*enter, *map(str, arguments)]

    def run(self, *arguments: object, within_s: float = 200) -> subprocess.CompletedProcess[str]:
        """Run a command on the node."""
        command = self.command(*arguments)
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=within_s)

    def begin(self, *arguments: object, output: Path) -> subprocess.Popen[bytes]:
        """Start a command on the node, which writes to a file."""
        with output.open("w") as file:
            return subprocess.Popen(
                self.command(*arguments), env=self.environment, stdout=file, stderr=subprocess.STDOUT
            )

    def sweepbox(
        self, verb: str, *arguments: object, within_s: float = 200
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of Sweepbox on the node."""
        return self.run(sys.executable, "-m", f"sweepbox.scripts.{verb}", *arguments, within_s=within_s)

    def processes(self) -> list[psutil.Process]:
        """Return all processes of the node, by their numbers outside."""
        try:
            namespace = _namespace(self.first_process)
        except (IndexError, psutil.NoSuchProcess, OSError):
            return []
        return [process for process in psutil.process_iter() if _namespace(process.pid) == namespace]

    def kill(self) -> None:
        """Kill all processes of the node at once, as a power cut would."""
        ended = self.processes()
        if self.process.poll() is None:
            os.kill(self.first_process, signal.SIGKILL)
            self.process.wait(timeout=30)
        psutil.wait_procs(ended, timeout=30)

    def write(self, path: str, text: str) -> None:
        """Write a file on the node."""
        command = self.command("sh", "-c", 'mkdir -p "$(dirname "$0")" && cat > "$0"', path)
        subprocess.run(command, input=text, text=True, check=True, timeout=60)

    def files_with(self, text: str) -> list[str]:
        """Return the files in the node's own folders that have a text in them."""
        paths = [point for point in self.writable_devices() if not point.startswith("/sys")]
        found = self.run("find", *paths, "-xdev", "-type", "f", "-exec", "grep", "-lF", text, "{}", "+")
        return found.stdout.splitlines()

    def writable_devices(self) -> dict[str, str]:
        """Return the mounts that can be written on the node, with the numbers of their devices."""
        found = {}
        for line in Path(f"/proc/{self.first_process}/mountinfo").read_text().splitlines():
            before, _, after = line.partition(" - ")
            _, _, device, _, point, options = before.split()[:6]
            kind, _, of_device = after.split()[:3]
            is_writable = "rw" in options.split(",") and "rw" in of_device.split(",")
            if is_writable and kind not in KERNEL:
                found[point] = device
        return found


@dataclass
class Cluster:
    """Nodes of Ray; the first is the head."""

    folder: Path
    environment: dict[str, str]
    port: int
    nodes: list[Node] = field(default_factory=list)

    @property
    def address(self) -> str:
        """The address of the cluster, for all of its nodes."""
        return f"{self.nodes[0].address}:{self.port}"

    def add(self, name: str, *, cpus: int = 1) -> Node:
        """Start a node; `Node.wait` waits until it runs."""
        address = f"127.0.0.{len(self.nodes) + 2}"
        options = ["--block", f"--node-ip-address={address}", f"--num-cpus={cpus}", "--num-gpus=0"]
        options += ["--object-store-memory=100000000", "--disable-usage-stats"]
        if self.nodes:
            options += [f"--address={self.address}"]
        else:
            options += ["--head", f"--port={self.port}", "--include-dashboard=false", "--temp-dir=/tmp/ray"]
        ray = [str(Path(sys.executable).with_name("ray")), "start", *options]
        output = self.folder / f"{name}.txt"
        with output.open("w") as file:
            process = subprocess.Popen(
                [*UNSHARE, "sh", "-c", _script(name, ray)],
                env=self.environment,
                cwd=ROOT,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        node = Node(name, address, self.environment, process, output)
        self.nodes.append(node)
        return node


@contextmanager
def cluster_of_nodes(folder: Path, *names: str, environment: dict[str, str]) -> Iterator[Cluster]:
    """Start a cluster with one CPU on each node, and end all its processes with the block.

    Args:
        folder: Where the output of the nodes is written; they do not see it.
        names: The names of the nodes, the head first.
        environment: What the nodes and all their processes have in their environment beside this process's.
    """
    own = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "1" * 32, "TMPDIR": "/tmp"}  # noqa: S108
    cluster = Cluster(folder, os.environ | own | environment, free_port())
    with ExitStack() as stack:
        for name in names:
            node = cluster.add(name)
            stack.callback(node.kill)
            if node is cluster.nodes[0]:
                node.wait()
        for node in cluster.nodes:
            node.wait()
        yield cluster


@dataclass(frozen=True)
class S3Server:
    """An S3 server on the loopback interface, and credentials that no file of the product may have."""

    endpoint: str
    key_id: str = field(default_factory=lambda: token_hex(10).upper())
    secret: str = field(default_factory=lambda: token_hex(20))

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which a process reaches the server."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self) -> Any:
        """Return a client that is not the product's."""
        import boto3  # type: ignore[import-untyped]

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.key_id,
            aws_secret_access_key=self.secret,
            region_name="us-east-1",
        )

    def upload(self, folder: Path, bucket: str, prefix: str) -> None:
        """Upload the files of a folder that are not hidden."""
        client = self.client()
        for path in folder.glob("[!.]*"):
            client.upload_file(str(path), bucket, f"{prefix}/{path.name}")

    def objects(self, bucket: str) -> dict[str, bytes]:
        """Return all objects of a bucket, by their keys."""
        client = self.client()
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
        return {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


@contextmanager
def s3_server(bucket: str) -> Iterator[S3Server]:
    """Start an S3 server with one bucket on the loopback interface."""
    port = free_port()
    with TemporaryDirectory() as folder:
        output = Path(folder) / "moto.txt"
        with output.open("w") as file:
            process = subprocess.Popen(
                [Path(sys.executable).with_name("moto_server"), "-H", "127.0.0.1", "-p", str(port)],
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        try:
            _wait_for("Running on", output, process)
            server = S3Server(f"http://127.0.0.1:{port}")
            server.client().create_bucket(Bucket=bucket)
            yield server
        finally:
            process.kill()
            process.wait(timeout=20)


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port


def _script(name: str, command: Sequence[str]) -> str:
    """Return a shell script that makes everything that is written private to a node, and runs a command there.

    Folders that the command needs and that lie in a private one, such as a Python in the home folder, are bound
    to where they were.
    """
    private = [path for path in dict.fromkeys((*PRIVATE, str(Path.home()))) if Path(path).is_dir()]
    needed = [
        path
        for path in dict.fromkeys((str(ROOT), sys.prefix, sys.base_prefix))
        if any(Path(path).is_relative_to(folder) for folder in private)
    ]
    stage = "/mnt"
    lines = ["set -e", f"hostname {shlex.quote(name)}"]
    for path in map(shlex.quote, _mounts_with_files()):
        lines.append(f"mount -o remount,bind,ro {path} || ! mountpoint -q {path}")  # it may be gone by now
    lines += [f"mount -t tmpfs stage {stage}"]
    for number, path in enumerate(needed):
        lines += [f"mkdir {stage}/{number}", f"mount --bind {shlex.quote(path)} {stage}/{number}"]
    lines += [f"mount -t tmpfs -o mode=1777 private {shlex.quote(path)}" for path in private]
    for number, path in enumerate(needed):
        lines += [f"mkdir -p {shlex.quote(path)}", f"mount --bind {stage}/{number} {shlex.quote(path)}"]
    lines += [f"umount --recursive {stage}", "mount -t proc proc /proc"]
    return "\n".join([*lines, f"exec {shlex.join(command)}"])


def _mounts_with_files() -> list[str]:
    """Return the mounts of this machine that hold files, which a node must not write."""
    points = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        if after.split()[0] not in KERNEL:
            points.append(before.split()[4])
    return points


def _wait_for(text: str, output: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while text not in output.read_text():
        assert process.poll() is None, output.read_text()
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.1)


def _namespace(process: int) -> str | None:
    """Return the name of a process's namespace of processes; None where it has ended."""
    try:
        return str(Path(f"/proc/{process}/ns/pid").readlink())
    except OSError:
        return None
