"""The watch over a Ray, on real sockets and processes that stand in for Ray's."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sweepbox.tuning.ray_backend.threads import call_thread
from sweepbox.tuning.ray_backend.watch import PATIENCE_S, RayDeathError, RayWatch


class Cluster:
    """A head that listens on TCP, a raylet that listens on a socket of this machine, and a clock."""

    def __init__(self, folder: Path) -> None:
        self.now = 0.0
        self.path = str(folder / "raylet")
        self.head = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.head.getsockname()[1]}"
        self.raylet = socket.socket(socket.AF_UNIX)
        self.raylet.bind(self.path)
        self.raylet.listen()

    def watch(self) -> RayWatch:
        node: Any = SimpleNamespace(all_processes={}, dead_processes=list, raylet_socket_name=self.path)
        return RayWatch(node, gcs_address=self.address, clock=lambda: self.now)

    def close(self, name: str) -> None:
        getattr(self, name).close()


@pytest.fixture
def cluster(short_folder: Path) -> Iterator[Cluster]:
    cluster = Cluster(short_folder)
    yield cluster
    for name in ("head", "raylet"):
        with suppress(OSError):
            cluster.close(name)


def test_a_cluster_that_answers_is_alive(cluster: Cluster) -> None:
    watch = cluster.watch()
    for cluster.now in (0.0, PATIENCE_S, 10 * PATIENCE_S):
        watch.check()


@pytest.mark.parametrize(
    ("name", "part"), [("head", "the cluster's head at 127.0.0.1:"), ("raylet", "the raylet of this machine")]
)
def test_a_joined_cluster_is_dead_when_a_part_of_it_is_out_of_reach_for_long(
    cluster: Cluster, name: str, part: str
) -> None:
    watch = cluster.watch()
    watch.check()
    cluster.close(name)
    for cluster.now in (1.0, PATIENCE_S):
        watch.check()
    cluster.now = PATIENCE_S + 1.0
    with pytest.raises(RayDeathError, match=f"Ray has died: {part}.* is out of reach .* resume the sweep with"):
        watch.check()


@pytest.mark.parametrize("name", ["head", "raylet"])
def test_where_a_trial_has_failed_there_is_no_patience(cluster: Cluster, name: str) -> None:
    cluster.close(name)
    with pytest.raises(RayDeathError):
        cluster.watch().check(patience_s=0)


def test_a_head_that_comes_back_in_time_is_alive(cluster: Cluster) -> None:
    watch = cluster.watch()
    host, port = cluster.head.getsockname()
    cluster.close("head")
    watch.check()
    cluster.head = socket.create_server((host, port))
    cluster.now = PATIENCE_S
    watch.check()
    cluster.close("head")
    cluster.now = PATIENCE_S + 1.0
    watch.check()


@pytest.mark.parametrize(
    ("kind", "is_vital"),
    [("raylet", True), ("gcs_server", True), ("log_monitor", False), ("monitor", False), ("reaper", False)],
)
def test_an_own_ray_is_dead_when_a_vital_process_is(kind: str, is_vital: bool) -> None:
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit"])
    process.wait(timeout=60)
    infos = {name: [SimpleNamespace(process=process)] for name in ("raylet", kind)}
    node: Any = SimpleNamespace(all_processes=infos, dead_processes=lambda: [(kind, process)])
    watch = RayWatch(node, gcs_address="")
    if is_vital:
        with pytest.raises(RayDeathError, match=f"its process {kind} has ended unexpectedly"):
            watch.check()
    else:
        watch.check()


def _raise(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(3), KeyboardInterrupt()])
def test_what_a_call_in_the_thread_raises_is_raised_by_the_caller(error: BaseException) -> None:
    with call_thread() as thread, pytest.raises(type(error)):
        thread.call(_raise(error))


def test_a_failed_check_explains_a_failed_call() -> None:
    with call_thread() as thread, pytest.raises(RayDeathError, match="dead"):
        thread.call(_raise(ValueError("x")), check=_raise(RayDeathError("dead")))


def test_calls_are_made_one_after_the_other_by_one_thread() -> None:
    import threading

    with call_thread() as thread:
        assert len({thread.call(threading.get_ident) for _ in range(3)}) == 1


def test_a_failed_check_ends_the_waiting_for_a_call_that_never_returns() -> None:
    import threading

    never = threading.Event()
    with call_thread() as thread, pytest.raises(RayDeathError, match="dead"):
        thread.call(never.wait, check=_raise(RayDeathError("dead")))
    never.set()
