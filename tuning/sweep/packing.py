"""The share of a trial, from what its programs take of memory and what the machines have."""

import math
from collections.abc import Mapping, Sequence

from sweepbox.tuning.spec.resources import LEAST_SHARE, Resources
from sweepbox.tuning.spec.sizes import format_size
from sweepbox.tuning.storage.memory_record import MemoryRecord
from sweepbox.tuning.trial.process import SHARED_MEMORY_FRACTION

MARGIN = 1.15
"""The share over the largest that was measured."""
GPU_PARTS = 1000
"""The share of a GPU is a multiple of one in so many."""
MEGABYTE = 10**6

Node = Mapping[str, float]
"""What Ray may give to trials on one machine, by Ray's names."""
ROUNDING = 1e-6


def places_on_gpus(node: Node, share: float) -> int:
    """Return how many trials fit on the GPUs of a machine; a share lies on one GPU."""
    return int(node.get("GPU", 0)) * int(1 / share + ROUNDING)


def share_of(record: MemoryRecord, nodes: Sequence[Node], *, limit: int | None) -> Resources:
    """Return the share of a trial: the largest program with a margin, and the CPUs that fall to it.

    Where more would fit than may run at a time, each gets more CPUs, and no more memory.

    Args:
        record: What was measured.
        nodes: The machines.
        limit: The most trials that may run at a time; None for as many as fit.
    """
    memory = math.ceil(record.largest_on_host * MARGIN / MEGABYTE)
    gpu = _gpu_share(record) if record.on_gpu else 0.0
    able = [node for node in nodes if node.get("GPU", 0) >= gpu]
    cpus = [_cpus_each(node, memory * MEGABYTE, gpu, _limit_on_each(limit, able)) for node in able]
    return Resources(auto=True, cpu=min(cpus, default=1), gpu=gpu, memory=f"{memory}MB")


def share_text(record: MemoryRecord, share: Resources) -> str:
    """Return one line on the share and on what it follows from."""
    measured = ", ".join(
        f"{item.name} {format_size(item.device_bytes)}"
        if item.device_bytes is not None
        else f"{item.name} does not fit"
        for item in record.programs
    )
    device = "GPU memory" if record.on_gpu else "memory"
    return f"{share.text}: the largest peak of {device} ({measured}) plus {MARGIN - 1:.0%}"


def _gpu_share(record: MemoryRecord) -> float:
    """Return the share of a GPU, of which the framework gets the part that all trials divide among them."""
    whole = record.device_total * SHARED_MEMORY_FRACTION
    wanted = record.largest_on_device * MARGIN / whole
    return min(max(math.ceil(wanted * GPU_PARTS) / GPU_PARTS, LEAST_SHARE), 1.0)


def _limit_on_each(limit: int | None, nodes: Sequence[Node]) -> int | None:
    return None if limit is None else math.ceil(limit / max(len(nodes), 1))


def _cpus_each(node: Node, memory: int, gpu: float, limit: int | None) -> int:
    """Return the CPUs of a trial where as many run on a machine as its memory and GPUs let, one at least."""
    places = int(node.get("memory", 0) // max(memory, 1))
    if gpu > 0:
        places = min(places, places_on_gpus(node, gpu))
    places = places if limit is None else min(places, limit)
    return max(int(node.get("CPU", 0) // max(places, 1)), 1)
