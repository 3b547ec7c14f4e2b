"""Detects that Ray has died under a running sweep."""

import socket
import time
from collections.abc import Callable
from typing import Any, Self

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.ray_backend.processes import RayProcesses

VITAL = ("gcs_server", "raylet")
"""The processes of Ray without which no trial can run."""
PATIENCE_S = 20.0
"""How long a cluster that was joined may be out of reach."""
PROBE_TIMEOUT_S = 3.0

LOST = "Ray has died: {part} {reason}; the trials keep their last saved state: resume the sweep with --resume"


class RayDeathError(SweepError):
    """Ray has died. Its native code may end this process a minute later, or block its exit."""


class RayWatch:
    """Watches the Ray that this process is connected to.

    A Ray that this process has started is dead when one of its vital processes is. A cluster that was joined is
    dead when its head or this machine's raylet has refused connections for `PATIENCE_S`.
    """

    def __init__(
        self,
        node: Any,
        *,
        gcs_address: str,
        processes: RayProcesses | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Watch a Ray.

        Args:
            node: Ray's own object of this machine's part in it.
            gcs_address: The address of its head.
            processes: The processes of a Ray of this process's own, to be noted at each check.
            clock: Returns the time in seconds.
        """
        self._node = node
        self._gcs_address = gcs_address
        self._processes = processes
        self._clock = clock
        self._unreachable: dict[str, float] = {}

    @classmethod
    def of_connection(cls, processes: RayProcesses | None = None) -> Self:
        """Watch the Ray that this process is connected to."""
        import ray
        from ray._private import worker

        address = str(ray.get_runtime_context().gcs_address)
        return cls(worker._global_node, gcs_address=address, processes=processes)

    def check(self, *, patience_s: float = PATIENCE_S) -> None:
        """Raise RayDeathError if Ray is dead.

        Args:
            patience_s: How long a cluster that was joined may be out of reach.
        """
        if self._processes is not None:
            self._processes.note()
        for kind, _process in self._node.dead_processes():
            if kind in VITAL:
                raise RayDeathError(LOST.format(part=f"its process {kind}", reason="has ended unexpectedly"))
        if not any(kind in self._node.all_processes for kind in VITAL):
            self._check_sockets(patience_s)

    def _check_sockets(self, patience_s: float) -> None:
        probes: dict[str, Callable[[], None]] = {
            f"the cluster's head at {self._gcs_address}": lambda: _connect_tcp(self._gcs_address),
            "the raylet of this machine": lambda: _connect_unix(self._node.raylet_socket_name),
        }
        for part, connect in probes.items():
            try:
                connect()
                self._unreachable.pop(part, None)
            except OSError as error:
                since = self._unreachable.setdefault(part, self._clock())
                if self._clock() - since >= patience_s:
                    reason = f"is out of reach ({error.strerror or error})"
                    raise RayDeathError(LOST.format(part=part, reason=reason)) from error


def _connect_tcp(address: str) -> None:
    host, _, port = address.rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), timeout=PROBE_TIMEOUT_S).close()


def _connect_unix(path: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(PROBE_TIMEOUT_S)
        probe.connect(path)
