"""What a Ray of a sweep's own opens to others: nothing beyond this machine, and its token is in no file."""

import ipaddress
import os
from pathlib import Path

import psutil
import pytest
import ray

from sweepbox.tuning.ray_backend.cluster import TOKEN_FILE
from sweepbox.tuning.ray_backend.loopback import on_loopback

pytestmark = pytest.mark.usefixtures("shared_ray")


@ray.remote(num_cpus=0)
def _process() -> int:
    return os.getpid()


@pytest.fixture(scope="module")
def family(shared_ray: None) -> list[psutil.Process]:
    """The driver and all processes of Ray, a worker among them."""
    worker = ray.get(_process.remote())
    driver = psutil.Process()
    processes = [driver, *driver.children(recursive=True)]
    assert worker in {process.pid for process in processes}
    return processes


def _addresses(process: psutil.Process) -> list[str]:
    """Return the addresses at which a process listens, or receives datagrams."""
    try:
        found = process.net_connections(kind="inet")
    except psutil.NoSuchProcess:  # an idle worker has ended
        return []
    return [
        item.laddr.ip.removeprefix("::ffff:")
        for item in found
        if item.laddr and item.status in (psutil.CONN_LISTEN, psutil.CONN_NONE)
    ]


def test_nothing_listens_beyond_loopback(family: list[psutil.Process]) -> None:
    listening = {
        (process.name(), at) for process in family if process.is_running() for at in _addresses(process)
    }
    assert {name for name, _ in listening} >= {"gcs_server", "raylet"}
    assert {(name, at) for name, at in listening if not ipaddress.ip_address(at).is_loopback} == set()


def test_the_token_is_asked_for_and_stands_in_no_file_or_command_line(family: list[psutil.Process]) -> None:
    from ray._private.worker import _global_node
    from ray._raylet import AuthenticationMode, get_authentication_mode

    assert get_authentication_mode() is AuthenticationMode.TOKEN
    token = os.environ.get("RAY_AUTH_TOKEN") or TOKEN_FILE.expanduser().read_text().strip()
    assert len(token) >= 32
    for process in family:
        if process.is_running():
            assert not any(token in word for word in process.cmdline())
    session = Path(_global_node.get_session_dir_path())
    files = [path for path in session.rglob("*") if path.is_file() and not path.is_symlink()]
    assert files
    assert [path for path in files if token.encode() in path.read_bytes()] == []


def test_the_setting_is_as_it_was_after_the_start_of_a_ray() -> None:
    from ray._private import ray_constants

    before = ray_constants.ENABLE_RAY_CLUSTER
    with pytest.raises(RuntimeError), on_loopback():
        assert not ray_constants.ENABLE_RAY_CLUSTER
        raise RuntimeError
    assert ray_constants.ENABLE_RAY_CLUSTER is before
