"""Checkpoints written in the background: the folders after success and after failures."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.checkpoint.arrays import load_arrays
from sweepbox.detection.checkpoint.folder import CheckpointMetadata, read_checkpoint_metadata
from sweepbox.detection.checkpoint.pending import PendingCheckpoint
from sweepbox.detection.checkpoint.state import ResumeMetadata, read_state
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core import files
from sweepbox.detection.core.files import remove_temporary_folders
from sweepbox.detection.core.labels import LabelMap

LABELS = LabelMap.of(["cat", "dog"])
RESUME = ResumeMetadata(optimizer="adam_optimizer", records="abc")
ROOT = Path(__file__).parents[2]

SLOW_WRITE = """
import sys
from pathlib import Path
import numpy as np
from tests.checkpoint.test_pending import pending
with pending(Path(sys.argv[1]), value=2.0, size=60_000_000):
    print("never reached by the parent")
"""


def metadata(step: int) -> CheckpointMetadata:
    return CheckpointMetadata(step=step, metrics={"mAP": 0.25}, seed=3, precision="float32")


def pending(parent: Path, *, value: float, size: int = 50_000) -> PendingCheckpoint:
    return PendingCheckpoint(
        parent,
        weights={"dense/kernel": np.full(size, value, np.float32)},
        slots={"momentum:dense/kernel": np.full(size, -value, np.float32)},
        config=pb.TrainEvalPipelineConfig(),
        label_map=LABELS,
    )


def assert_published(parent: Path, value: float, *, step: int) -> None:
    """Both folders are complete, and there is nothing else."""
    assert sorted(path.name for path in parent.iterdir()) == ["best", "last"]
    for name in ("best", "last"):
        assert read_checkpoint_metadata(parent / name) == metadata(step)
        assert load_arrays(parent / name / "weights.npz")["dense/kernel"][0] == value
    read, slots = read_state(parent / "last")
    assert read == RESUME
    assert slots["momentum:dense/kernel"][0] == -value


def publish(parent: Path, value: float, *, step: int) -> None:
    with pending(parent, value=value) as checkpoint:
        checkpoint.publish_weights(parent / "best", metadata(step))
        checkpoint.publish_state(parent / "last", metadata(step), RESUME)


@pytest.mark.parametrize("can_exchange", [True, False])
def test_both_folders_are_complete_share_their_weights_and_replace_older_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, can_exchange: bool
) -> None:
    if not can_exchange:
        monkeypatch.setattr(files, "_EXCHANGE", 1 << 20)  # a flag that the system does not support
    for step in (1, 2):
        (tmp_path / "run").mkdir(exist_ok=True)
        publish(tmp_path / "run", float(step), step=step)
        assert_published(tmp_path / "run", float(step), step=step)
    weights = [tmp_path / "run" / name / "weights.npz" for name in ("best", "last")]
    assert weights[0].samefile(weights[1])
    assert sorted(path.name for path in weights[0].parent.iterdir()) == [
        "label_map.pbtxt",
        "metrics.json",
        "pipeline.config",
        "weights.npz",
    ]


def test_a_checkpoint_that_is_not_published_leaves_no_files(tmp_path: Path) -> None:
    publish(tmp_path, 1.0, step=1)

    def fail() -> None:
        with pending(tmp_path, value=2.0):
            raise RuntimeError("the evaluation failed")

    with pytest.raises(RuntimeError, match="the evaluation failed"):
        fail()
    assert_published(tmp_path, 1.0, step=1)


@contextmanager
def _no_file_larger_than(limit: int) -> Iterator[None]:
    """Make every write beyond `limit` bytes of a file fail, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_an_error_of_the_thread_is_raised_on_publishing_and_the_old_folders_are_kept(
    tmp_path: Path,
) -> None:
    publish(tmp_path, 1.0, step=1)
    with (
        _no_file_larger_than(100_000),
        pytest.raises(OSError, match="File too large"),
        pending(tmp_path, value=2.0) as checkpoint,
    ):
        checkpoint.publish_weights(tmp_path / "best", metadata(2))
    assert_published(tmp_path, 1.0, step=1)


def test_a_process_killed_while_the_thread_writes_leaves_the_old_folders_and_temporary_files(
    tmp_path: Path,
) -> None:
    publish(tmp_path, 1.0, step=1)
    process = subprocess.Popen([sys.executable, "-c", SLOW_WRITE, str(tmp_path)], cwd=ROOT)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".checkpoint.*.tmp/.weights.npz.*.tmp")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert list(tmp_path.glob(".*.tmp"))
    remove_temporary_folders(tmp_path)
    assert_published(tmp_path, 1.0, step=1)
