"""On which machine and in which process each trial runs, and what that machine says when the process dies."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sweepbox.tuning.ray_backend.node_memory import kill_process, memory_kills
from sweepbox.tuning.ray_backend.node_task import on_node

logger = logging.getLogger(__name__)

ANSWER_TIMEOUT_S = 20.0
"""How long a machine may take to answer."""


@dataclass(frozen=True)
class Place:
    """A process on a machine of the cluster."""

    node_id: str
    pid: int


class Machines:
    """Follows the trials on the machines of the Ray that this process is connected to.

    Attributes:
        places: Where each trial runs, or ran last.
    """

    def __init__(self) -> None:
        """Follow no trial."""
        self.places: dict[str, Place] = {}
        self._kills: dict[str, Any] = {}

    def started(self, trial_id: str, actor: Any) -> None:
        """Follow a trial that a process of Ray begins to run."""
        place = _place_of(actor)
        if place is None:
            self.places.pop(trial_id, None)
            return
        self.places[trial_id] = place
        if place.node_id not in self._kills:
            self._kills[place.node_id] = on_node(place.node_id, memory_kills).remote()

    def is_gone(self, trial_id: str) -> bool:
        """Return whether the trial's machine has left the cluster."""
        import ray

        place = self.places.get(trial_id)
        if place is None:
            return False
        return not any(node["NodeID"] == place.node_id and node["Alive"] for node in ray.nodes())

    def killed_for_memory(self, trial_id: str) -> bool:
        """Return whether the kernel has killed a process for memory on the trial's machine lately.

        That is since this was asked last for that machine, or since its first trial started.
        """
        place = self.places.get(trial_id)
        if place is None:
            return False
        before = _answer(self._kills.get(place.node_id))
        self._kills[place.node_id] = on_node(place.node_id, memory_kills).remote()
        now = _answer(self._kills[place.node_id])
        return before is not None and now is not None and now > before

    def ask(self, trial_id: str, function: Callable[..., Any], *arguments: object) -> Any:
        """Return what a function returns on the trial's machine; None where that is gone, slow or unknown."""
        place = self.places.get(trial_id)
        return None if place is None else _answer(on_node(place.node_id, function).remote(*arguments))

    def kill(self, trial_id: str) -> None:
        """End the process of a trial at once, also where it is stopped or blocked."""
        place = self.places.get(trial_id)
        if place is not None:
            self.ask(trial_id, kill_process, place.pid)


def _place_of(actor: Any) -> Place | None:
    """Return where an actor runs, as Ray's head knows it; None where it does not."""
    from ray._private import state

    try:
        told = state.actors(actor_id=actor._actor_id.hex())
        return Place(told["Address"]["NodeID"], int(told["Pid"]))
    except Exception as error:  # noqa: BLE001 - a trial that is not followed runs all the same
        logger.warning("Ray does not tell where a trial runs: %s", error)
        return None


def _answer(asked: Any) -> Any:
    """Return what a machine answered; None where it is gone or too slow."""
    import ray

    try:
        return None if asked is None else ray.get(asked, timeout=ANSWER_TIMEOUT_S)
    except ray.exceptions.RayError:
        return None
