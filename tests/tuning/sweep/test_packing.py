"""The share of a trial, worked out by hand."""

from pathlib import Path

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.spec.resources import Resources
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.memory_record import MemoryRecord, ProgramMemory, read_memory, write_memory
from sweepbox.tuning.sweep.packing import share_of, share_text

GB = 10**9
HOST = MemoryRecord(
    False,
    64 * GB,
    (
        ProgramMemory("a", "base config", 2 * GB, 2 * GB),
        ProgramMemory("b", "batch_size=64", 4 * GB, 4 * GB),
        ProgramMemory("c", "batch_size=512", error="no 70 GB"),
    ),
)
GPU = MemoryRecord(True, 80 * GB, (ProgramMemory("a", "base config", 16 * GB, 3 * GB),))
"""A trial takes 16 GB with 15 %, of the 92 % of 80 GB that trials divide among them: a quarter."""


@pytest.mark.parametrize(
    ("record", "nodes", "limit", "share"),
    [
        (HOST, [{"CPU": 16.0, "memory": 20.0 * GB}], None, (4, 0, "4600MB")),
        (HOST, [{"CPU": 2.0, "memory": 60.0 * GB}], None, (1, 0, "4600MB")),
        (HOST, [{"CPU": 16.0, "memory": 60.0 * GB}], 2, (8, 0, "4600MB")),
        (HOST, [{"CPU": 16.0, "memory": 20.0 * GB}, {"CPU": 8.0, "memory": 20.0 * GB}], None, (2, 0, "4600MB")),
        (HOST, [{"CPU": 16.0, "memory": 1.0 * GB}], None, (16, 0, "4600MB")),
        (GPU, [{"CPU": 32.0, "GPU": 2.0, "memory": 500.0 * GB}], None, (4, 0.25, "3450MB")),
        (GPU, [{"CPU": 4.0, "GPU": 2.0, "memory": 500.0 * GB}], None, (1, 0.25, "3450MB")),
        (GPU, [{"CPU": 64.0}, {"CPU": 8.0, "GPU": 1.0, "memory": 500.0 * GB}], None, (2, 0.25, "3450MB")),
    ],
)
def test_a_trial_gets_the_largest_program_and_the_cpus_that_fall_to_it(
    record: MemoryRecord, nodes: list[dict[str, float]], limit: int | None, share: tuple[int, float, str]
) -> None:
    cpu, gpu, memory = share
    assert share_of(record, nodes, limit=limit) == Resources(auto=True, cpu=cpu, gpu=gpu, memory=memory)


@pytest.mark.parametrize(("taken", "share"), [(0.01, 0.01), (8, 0.125), (100, 1.0)])
def test_a_share_of_a_gpu_is_rounded_up_and_at_most_one(taken: float, share: float) -> None:
    record = MemoryRecord(True, 80 * GB, (ProgramMemory("a", "base config", int(taken * GB), GB),))
    assert share_of(record, [{"CPU": 8.0, "GPU": 1.0, "memory": 90.0 * GB}], limit=None).gpu == share


def test_the_share_is_shown_with_what_it_follows_from() -> None:
    share = share_of(HOST, [{"CPU": 16.0, "memory": 20.0 * GB}], limit=None)
    assert share_text(HOST, share) == (
        "4 CPU, 4.6 GB of memory: the largest peak of memory (base config 2 GB, batch_size=64 4 GB, "
        "batch_size=512 does not fit) plus 15%"
    )


def test_what_was_measured_is_kept(tmp_path: Path) -> None:
    folder = SweepFolder(tmp_path)
    assert read_memory(folder) is None
    write_memory(folder, HOST)
    assert read_memory(folder) == HOST
    folder.memory.write_text('{"on_gpu": 1}')
    with pytest.raises(SweepError, match=r"memory\.json: damaged .*; delete the file to have"):
        read_memory(folder)
