"""How the ends of trials that Ray reports are sorted, and how often a trial is tried again."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from ray.exceptions import NodeDiedError, OutOfMemoryError, RayActorError, RayTaskError

from sweepbox.tuning.ray_backend.failures import error_of, failure_of
from sweepbox.tuning.ray_backend.node_memory import memory_kills
from sweepbox.tuning.ray_backend.retries import MAX_MOVES, MAX_RETRIES, Cause, Retries

DIED, PREEMPTED = RayActorError(), RayActorError(preempted=True)


def raised(error: Exception) -> RayTaskError:
    return RayTaskError("step", f"Traceback\n{type(error).__name__}: {error}", error)


@pytest.mark.parametrize(
    ("error", "is_gone", "was_killed", "cause"),
    [
        (DIED, False, False, Cause.DEATH),
        (DIED, False, True, Cause.MEMORY),
        (DIED, True, False, Cause.MACHINE),
        (DIED, True, True, Cause.MACHINE),
        (PREEMPTED, False, False, Cause.MACHINE),
        (NodeDiedError("gone"), False, False, Cause.MACHINE),
        (OutOfMemoryError("low"), False, False, Cause.MEMORY),
        (raised(MemoryError("no 4 GiB")), False, False, Cause.MEMORY),
        (
            raised(RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes")),
            False,
            False,
            Cause.MEMORY,
        ),
        (raised(ZeroDivisionError("0")), False, True, Cause.DEATH),
        (None, False, False, Cause.DEATH),
    ],
)
def test_the_cause_of_an_end_is_found(
    error: Exception | None, is_gone: bool, was_killed: bool, cause: Cause
) -> None:
    found = failure_of(error, machine_is_gone=is_gone, was_killed_for_memory=was_killed)
    assert found.cause is cause
    assert found.line


def test_the_kill_of_rays_memory_monitor_is_known_by_its_text(tmp_path: Path) -> None:
    text = "Failure # 1\nTask was killed due to the node running low on memory.\nMemory was 3.6GB / 4GB"
    (tmp_path / "error.txt").write_text(text)
    trial = SimpleNamespace(pickled_error_file=None, error_file=str(tmp_path / "error.txt"))
    assert isinstance(error_of(trial), OutOfMemoryError)
    (tmp_path / "error.txt").write_text("Failure # 1\nanother error")
    assert not isinstance(error_of(trial), OutOfMemoryError)


def test_a_trial_is_tried_again_so_often_and_machines_are_counted_apart() -> None:
    retries = Retries()
    tried = [retries.allows("0001", Cause.DEATH) for _ in range(MAX_RETRIES + 1)]
    assert tried == [True] * MAX_RETRIES + [False]
    assert all(retries.allows("0001", Cause.MACHINE) for _ in range(MAX_MOVES))
    assert not retries.allows("0001", Cause.MACHINE)
    assert retries.allows("0002", Cause.HANG)


def test_the_kernels_count_is_read_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "events").write_text("low 0\noom 3\noom_kill 2\noom_group_kill 0\n")
    (tmp_path / "stat").write_text("nr_free 5\noom_kill 7\n")
    missing = tmp_path / "missing"
    assert memory_kills((tmp_path / "events", tmp_path / "stat")) == 2
    assert memory_kills((missing, tmp_path / "stat")) == 7
    assert memory_kills((missing,)) is None
