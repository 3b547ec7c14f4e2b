"""Starting a small local Ray, or joining a cluster, and how many trials fit into it."""

import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from detection.core.errors import SweepError
from tuning.spec import Resources

OBJECT_STORE_BYTES = 200 * 2**20
"""Trials pass each other nothing but file names; Ray's own default is 30 % of the memory."""

QUIET_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "600",
    "TUNE_WARN_THRESHOLD_S": "60",
}
WORKER_SETTINGS = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"}
TOKEN_SETTINGS = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")


@contextmanager
def ray_session(
    *, address: str | None, cpus: int | None = None, gpus: int | None = None
) -> Iterator[dict[str, float]]:
    """Yield the resources of a Ray that this process is connected to; leave it at the end.

    Without an address Ray is started on this machine alone, with `cpus` and `gpus` (by default all that this
    process may
    use), and ends with the block. A Ray that this process is connected to already is used as it is.
    """
    import ray

    os.environ |= {name: value for name, value in QUIET_SETTINGS.items() if name not in os.environ}
    if ray.is_initialized():
        yield dict(ray.cluster_resources())
        return
    logging.getLogger("ray").setLevel(logging.ERROR)
    settings = {**WORKER_SETTINGS, "KERAS_BACKEND": os.environ.get("KERAS_BACKEND", "tensorflow")}
    common = {"runtime_env": {"env_vars": settings}, "log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if address is None:
            _bring_token()
            ray.init(
                num_cpus=cpus or len(os.sched_getaffinity(0)),
                num_gpus=gpus,
                include_dashboard=False,
                object_store_memory=OBJECT_STORE_BYTES,
                configure_logging=False,
                **common,
            )
        else:
            ray.init(address=address, **common)
    except (ConnectionError, ValueError, RuntimeError) as error:
        place = (
            "Ray does not start on this machine"
            if address is None
            else f"no Ray cluster answers at {address!r}"
        )
        raise SweepError(f"{place}: {' '.join(str(error).split())}") from error
    try:
        yield dict(ray.cluster_resources())
    finally:
        ray.shutdown()


def concurrent_trials(cluster: dict[str, float], per_trial: Resources, *, limit: int | None) -> int:
    """Return how many trials run at a time; SweepError where not even one fits."""
    places = int(cluster.get("CPU", 0) / per_trial.cpu + 1e-6)
    if per_trial.gpu > 0:
        places = min(places, _places_on_gpus(cluster.get("GPU", 0), per_trial.gpu))
    if places < 1:
        raise SweepError(
            f"resources_per_trial asks for {per_trial.cpu:g} CPUs and {per_trial.gpu:g} GPUs, there are "
            f"{cluster.get('CPU', 0):g} CPUs and {cluster.get('GPU', 0):g} GPUs; ask for less"
        )
    return places if limit is None else min(places, limit)


def _places_on_gpus(gpus: float, share: float) -> int:
    """Return how many trials fit; a fraction lies on one GPU as a whole."""
    return int(gpus // share) if share >= 1 else int(gpus) * int(1 / share + 1e-6)


def _bring_token() -> None:
    """Give a Ray of this process's own a token of its own, unless the user has arranged for one.

    Ray asks for a token by default, and would write one into the home folder.
    """
    arranged = any(name in os.environ for name in TOKEN_SETTINGS)
    if not arranged and not (Path.home() / ".ray" / "auth_token").exists():
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
