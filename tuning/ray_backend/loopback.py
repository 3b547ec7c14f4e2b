"""Keeps a Ray of this process's own off the network."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def on_loopback() -> Iterator[None]:
    """Have a Ray that is started in the block take 127.0.0.1 for its address, and listen nowhere else.

    `ray.init` replaces a loopback address that it is given by one of the network, and then its servers listen
    on all addresses. The setting by which it keeps to the loopback on macOS and Windows does so on Linux too.
    Ray takes it from the environment when it is imported, which may have happened before.
    """
    from ray._private import ray_constants

    before = ray_constants.ENABLE_RAY_CLUSTER
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = before
