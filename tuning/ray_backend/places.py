"""Where trials fit: how many run at a time, and what one that runs alone takes of a machine."""

import math
from collections.abc import Sequence

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.spec.resources import Resources
from sweepbox.tuning.spec.sizes import format_size
from sweepbox.tuning.sweep.packing import ROUNDING, Node, places_on_gpus

KEYS = {"CPU": "cpu", "GPU": "gpu", "memory": "memory"}
"""The keys of `resources_per_trial` by Ray's names."""


def concurrent_trials(nodes: Sequence[Node], per_trial: Resources, *, limit: int | None) -> int:
    """Return how many trials run at a time; SweepError, naming what is missing, where not even one fits.

    Args:
        nodes: The machines.
        per_trial: The share of a trial, which lies on one machine as a whole.
        limit: The most that may run; None for as many as fit.
    """
    places = sum(_places_on(node, per_trial) for node in nodes)
    if places < 1:
        raise SweepError(_refusal(nodes, per_trial))
    return places if limit is None else min(places, limit)


def whole_machine(nodes: Sequence[Node], per_trial: Resources) -> dict[str, float]:
    """Return what a trial takes that runs alone, by Ray's names: a whole GPU, or a whole machine without one.

    The machine is the one with most memory of those on which the trial fits.
    """
    wanted = per_trial.for_ray
    if per_trial.gpu > 0:
        return {**wanted, "GPU": 1.0}
    able = [node for node in nodes if _places_on(node, per_trial)]
    largest = max(able, key=lambda node: (node.get("memory", 0), node.get("CPU", 0)), default=wanted)
    names = ("CPU", "memory") if "memory" in wanted else ("CPU",)
    return {name: float(math.floor(largest[name])) or largest[name] for name in names}


def _places_on(node: Node, per_trial: Resources) -> int:
    """Return how many trials fit on a machine; a fraction of a GPU lies on one GPU."""
    places = [
        int(node.get(name, 0) / amount + ROUNDING)
        for name, amount in per_trial.for_ray.items()
        if name != "GPU"
    ]
    if per_trial.gpu > 0:
        places.append(places_on_gpus(node, per_trial.gpu))
    return min(places)


def _refusal(nodes: Sequence[Node], per_trial: Resources) -> str:
    """Return why a trial fits nowhere, by the keys of the sweep file."""
    wanted = per_trial.for_ray
    most = {name: max((node.get(name, 0) for node in nodes), default=0) for name in wanted}
    missing = [name for name, amount in wanted.items() if most[name] + ROUNDING < amount]
    if missing:
        told = "; ".join(
            f"{KEYS[name]} is {_shown(name, wanted[name])}, no machine has more than {_shown(name, most[name])}"
            for name in missing
        )
    else:
        told = ", ".join(f"{KEYS[name]} {_shown(name, amount)}" for name, amount in wanted.items())
        told += " are asked for, no machine has all of it"
    return f"resources_per_trial: a trial fits on no machine: {told}; ask for less"


def _shown(name: str, amount: float) -> str:
    return format_size(amount) if name == "memory" else f"{amount:g}"
