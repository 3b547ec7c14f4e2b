"""Starting a small local Ray, or joining a cluster, and how many trials fit into it."""

import json
import logging
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.ray_backend.loopback import on_loopback
from sweepbox.tuning.ray_backend.messages import errors_to_log
from sweepbox.tuning.ray_backend.processes import RayProcesses, leave_ray
from sweepbox.tuning.ray_backend.temporary_folder import empty_folder, private_folder
from sweepbox.tuning.ray_backend.threads import CallThread, call_thread
from sweepbox.tuning.ray_backend.watch import RayWatch

OBJECT_STORE_BYTES = 200 * 2**20
"""Trials pass each other nothing but file names; Ray's own default is 30 % of the memory."""

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
QUIET_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_ENABLE_AUTO_CONNECT": "0",  # a call after Ray has died would start another one
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "600",
    "TUNE_MAX_PENDING_TRIALS_PG": "100000",  # as many as the sweep hands out: else processes start one by one
    "TUNE_WARN_THRESHOLD_S": "60",
}
WORKER_SETTINGS = {"TF_CPP_MIN_LOG_LEVEL": "3"}
TOKEN_FILE = Path("~/.ray/auth_token")
CONNECT_TIMEOUT_S = 10.0
JOB_CONFIG = "RAY_JOB_CONFIG_JSON_ENV_VAR"
"""The environment variable in which Ray hands a submitted job its config, as JSON."""


def arrange_environment(address: str | None) -> None:
    """Set what Ray reads from the environment when it is first imported, unless the user has set it.

    Ray asks for a token. A Ray of this process's own gets a fresh one where the user has none (Ray would
    write one into the home folder); a cluster is shown the user's.
    """
    os.environ |= {name: value for name, value in QUIET_SETTINGS.items() if name not in os.environ}
    has_token = (
        bool({"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & set(os.environ)) or TOKEN_FILE.expanduser().exists()
    )
    if address is None and not has_token and "RAY_AUTH_MODE" not in os.environ:
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    if address is not None and has_token:
        os.environ.setdefault("RAY_AUTH_MODE", "token")


@dataclass(frozen=True)
class RayConnection:
    """A Ray that this process is connected to.

    Attributes:
        nodes: The CPUs, GPUs, memory and other resources of each machine, by Ray's names.
        watch: Detects that Ray has died.
        thread: Makes the calls of Ray that wait.
    """

    nodes: tuple[dict[str, float], ...]
    watch: RayWatch
    thread: CallThread


@contextmanager
def ray_session(
    *, address: str | None, cpus: int | None = None, gpus: int | None = None
) -> Iterator[RayConnection]:
    """Connect to Ray; leave it at the end.

    Without an address Ray is started on this machine alone, with `cpus` and `gpus` (by default all that this
    process may use), and ends with the block. A Ray that this process is connected to already is used as it
    is.
    """
    import ray

    with call_thread() as thread:
        if ray.is_initialized():
            yield RayConnection(resources_of_nodes(), RayWatch.of_connection(), thread)
            return
        with _common_settings() as settings, errors_to_log():
            session = (
                _own_ray(thread, settings, cpus=cpus, gpus=gpus)
                if address is None
                else _joined(thread, settings, address)
            )
            with session as watch:
                nodes = thread.call(resources_of_nodes, check=watch.check)
                yield RayConnection(nodes, watch, thread)


def resources_of_nodes() -> tuple[dict[str, float], ...]:
    """Return the resources of each live machine of the Ray that this process is connected to."""
    import ray

    return tuple(dict(node["Resources"]) for node in ray.nodes() if node["Alive"])


@contextmanager
def _own_ray(
    thread: CallThread, settings: dict[str, Any], *, cpus: int | None, gpus: int | None
) -> Iterator[RayWatch]:
    """Start a Ray on this machine; its processes and files are gone at the end, however it comes."""
    with private_folder() as folder:
        processes = RayProcesses(folder)
        try:
            thread.call(lambda: _start({**settings, "_temp_dir": str(folder)}, cpus=cpus, gpus=gpus))
            yield RayWatch.of_connection(processes)
        finally:
            processes.note()
            leave_ray()
            processes.end()


@contextmanager
def _joined(thread: CallThread, settings: dict[str, Any], address: str) -> Iterator[RayWatch]:
    """Join a cluster, whose temporary folders are its owner's."""
    try:
        thread.call(lambda: _join(settings, address))
        yield RayWatch.of_connection()
    finally:
        leave_ray()


def _start(settings: dict[str, Any], *, cpus: int | None, gpus: int | None) -> None:
    import ray

    try:
        with on_loopback():
            ray.init(
                address="local",  # not a cluster that happens to run here
                num_cpus=cpus or len(os.sched_getaffinity(0)),
                num_gpus=gpus,
                include_dashboard=False,
                object_store_memory=OBJECT_STORE_BYTES,
                **settings,
            )
    except Exception as error:
        if not _is_of_ray(error):
            raise
        raise SweepError(
            f"Ray does not start on this machine: {' '.join(str(error).split())}; if the machine is too "
            "busy, wait and then resume the sweep with --resume"
        ) from error


def _join(settings: dict[str, Any], address: str) -> None:
    import ray

    refusal = f"no Ray cluster lets this process in at {address!r}"
    host, _, port = address.rpartition("://")[2].rpartition(":")
    try:
        if host and port.isdigit():
            socket.create_connection((host, int(port)), timeout=CONNECT_TIMEOUT_S).close()
        ray.init(address=address, **settings)
    except Exception as error:
        if not _is_of_ray(error):
            raise
        reason = " ".join(str(error).split())
        raise SweepError(f"{refusal}: {reason}; check the address and its token (RAY_AUTH_TOKEN)") from error


def _is_of_ray(error: Exception) -> bool:
    """Return whether Ray reports so that it cannot be started or joined.

    It raises `Exception` itself where a process of it starts too slowly, or has not told where its files are.
    """
    return isinstance(error, OSError | ValueError | RuntimeError) or type(error) is Exception


@contextmanager
def _common_settings() -> Iterator[dict[str, Any]]:
    """Yield what any Ray is started or joined with.

    Workers get an empty working directory. Otherwise Ray puts the driver's working directory and its script's
    folder before all else on their import path, and a `keras.py` there would be imported for Keras.
    """
    runtime_env: dict[str, Any] = {"env_vars": WORKER_SETTINGS}
    with empty_folder() as empty:
        if not _job_has_working_dir():
            runtime_env["working_dir"] = str(empty)  # copied to the cluster while Ray starts
        yield {
            "runtime_env": runtime_env,
            "log_to_driver": False,
            "logging_level": logging.ERROR,
            "logging_format": LOG_FORMAT,
        }


def _job_has_working_dir() -> bool:
    """Tell whether this process is a job that was submitted with a working directory, which Ray keeps to."""
    job = json.loads(os.environ.get(JOB_CONFIG, "{}"))
    return "working_dir" in (job.get("runtime_env") or {})
