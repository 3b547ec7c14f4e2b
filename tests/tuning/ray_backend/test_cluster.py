import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import ray

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.ray_backend import cluster


@pytest.mark.parametrize(("address", "is_own"), [(None, True), ("127.0.0.1:1", False), ("auto", False)])
def test_a_joined_cluster_keeps_the_temporary_folder_of_its_owner(
    monkeypatch: pytest.MonkeyPatch,
    address: str | None,
    is_own: bool,
) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", lambda **settings: given.update(settings))
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    monkeypatch.setattr(ray, "nodes", lambda: [{"Alive": True, "Resources": {"CPU": 2.0}}])
    monkeypatch.setattr(cluster.RayWatch, "of_connection", lambda *_given: SimpleNamespace(check=lambda: None))
    monkeypatch.setattr(cluster.socket, "create_connection", lambda *_given, **_options: socket.socket())
    with cluster.ray_session(address=address) as connection:
        assert connection.nodes == ({"CPU": 2.0},)
        assert ("_temp_dir" in given) is is_own
    assert not is_own or not Path(given["_temp_dir"]).parent.exists()


REASON = "The current node timed out during startup. This could happen because the GCS is overloaded."
START, JOIN = "Ray does not start on this machine", "no Ray cluster lets this process in at '127.0.0.1:1'"


@pytest.mark.parametrize(("address", "begins", "remedy"), [
    (None, START, "resume the sweep with --resume"),
    ("127.0.0.1:1", JOIN, "check the address"),
])  # fmt: skip
@pytest.mark.parametrize("kind", [Exception, RuntimeError, ValueError, OSError, ConnectionError])
def test_a_ray_that_does_not_start_or_lets_nobody_in_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, address: str | None, begins: str, remedy: str, kind: type[Exception]
) -> None:
    refuse_ray(monkeypatch, kind(REASON.replace(". ", ".\n")))
    with pytest.raises(SweepError) as refused, cluster.ray_session(address=address):
        pass
    [line] = str(refused.value).splitlines()
    assert line.startswith(f"{begins}: {REASON}; ")
    assert remedy in line


def test_mistakes_in_the_call_of_ray_are_not_taken_for_a_ray_that_does_not_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refuse_ray(monkeypatch, TypeError("init() got an unexpected keyword argument"))
    with pytest.raises(TypeError), cluster.ray_session(address=None):
        pass


def refuse_ray(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def init(**_settings: object) -> None:
        raise error

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", init)
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    monkeypatch.setattr(cluster.socket, "create_connection", lambda *_given, **_options: socket.socket())


def test_a_call_after_ray_has_died_starts_no_other_one() -> None:
    code = (
        "from sweepbox.tuning.ray_backend.cluster import arrange_environment; arrange_environment(None); "
        "import ray; ray.init = lambda *given, **options: print('another Ray'); ray.put(1)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert "another Ray" not in ended.stdout


def test_ray_tune_asks_for_the_processes_of_all_workers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise one at a time: where trials end sooner than a process starts, a second would never start."""
    from ray.tune.execution.tune_controller import _get_max_pending_trials

    searcher = SimpleNamespace(searcher=None)
    monkeypatch.delenv("TUNE_MAX_PENDING_TRIALS_PG", raising=False)
    assert _get_max_pending_trials(searcher) == 1
    cluster.arrange_environment(None)
    assert _get_max_pending_trials(searcher) >= 10_000
    monkeypatch.setenv("TUNE_MAX_PENDING_TRIALS_PG", "4")
    cluster.arrange_environment(None)
    assert _get_max_pending_trials(searcher) == 4
