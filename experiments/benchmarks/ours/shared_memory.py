"""Measure the memory of the decoded images in one process and in two concurrent processes.

    python -m experiments.benchmarks.ours.shared_memory

The measure is the growth of the proportional set size, in which a page mapped by two processes counts half for
each. Prints one JSON line.
"""

import json
import multiprocessing
import tempfile
from multiprocessing.synchronize import Barrier
from pathlib import Path

import psutil

from experiments.benchmarks.ours.records import generated
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache import open_record_set
from sweepbox.detection.data.records import write_records

IMAGES, HEIGHT, WIDTH = 200, 640, 640


def main() -> None:
    label_map = LabelMap.of(["object"])
    with tempfile.TemporaryDirectory() as folder:
        records = generated(IMAGES, height=HEIGHT, width=WIDTH)
        paths = write_records(records, label_map, Path(folder), "train", shards=1)
        open_record_set(paths, label_map)
        one, two = (_memory(paths, label_map, processes) for processes in (1, 2))
    print(json.dumps({"one_mib": one, "two_mib": two}))


def _memory(paths: tuple[Path, ...], label_map: LabelMap, processes: int) -> float:
    """Return the MiB used by mapping and reading all images in several concurrent processes."""
    context = multiprocessing.get_context("spawn")
    barrier, queue = context.Barrier(processes), context.Queue()
    workers = [context.Process(target=_read, args=(paths, label_map, barrier, queue)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    total = sum(queue.get() for _ in workers)
    for worker in workers:
        worker.join()
    return float(total)


def _read(
    paths: tuple[Path, ...], label_map: LabelMap, barrier: Barrier, queue: "multiprocessing.Queue[float]"
) -> None:
    """Read every pixel, wait for the other processes, and report the memory growth of this process."""
    records = open_record_set(paths, label_map)
    before = _proportional_mib()
    checksum = sum(int(records.image(number).sum()) for number in range(len(records)))
    barrier.wait()
    grown = _proportional_mib() - before
    barrier.wait()
    queue.put(grown if checksum else 0.0)


def _proportional_mib() -> float:
    return float(psutil.Process().memory_full_info().pss) / 2**20


if __name__ == "__main__":
    main()
