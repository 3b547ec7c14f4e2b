"""What this process has taken of memory."""

import os
from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.core import device_memory
from sweepbox.detection.core.device_memory import gpu_memory, limit_tensorflow_memory, peak_resident

TAKEN = 200 * 2**20


def test_the_peak_stays_when_memory_is_given_back() -> None:
    before = peak_resident()
    kept = np.ones(before // 8 + TAKEN // 8)
    size = kept.nbytes
    del kept
    assert peak_resident() >= size


def test_a_system_without_the_file_is_asked_otherwise(tmp_path: Path) -> None:
    assert peak_resident(tmp_path / "missing") > 10 * 2**20
    (tmp_path / "other").write_text("VmPeak: 7 kB\n")
    assert peak_resident(tmp_path / "other") > 10 * 2**20


@pytest.mark.parametrize(
    ("said", "size"), [("81559\n", 81559 * 2**20), ("", None), ("[N/A]\n", None), (None, None)]
)
def test_the_memory_of_the_gpu_is_that_of_the_first_visible_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str | None, size: int | None
) -> None:
    if said is not None:
        program = tmp_path / "nvidia-smi"
        program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\ncat <<END\n{said}END\n')
        program.chmod(0o755)
    rest = os.environ["PATH"] if said is not None else ""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{rest}")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,1")
    assert gpu_memory() == size
    assert said is None or "--id=3 " in (tmp_path / "asked").read_text()


@pytest.mark.parametrize(
    ("gpus", "total", "limits"),
    [(["one", "two"], 80 * 2**30, [("one", 20480)]), ([], 80 * 2**30, []), (["one"], None, [])],
)
def test_tensorflow_is_limited_to_its_share_of_the_first_gpu(
    monkeypatch: pytest.MonkeyPatch, gpus: list[str], total: int | None, limits: list[tuple[str, int]]
) -> None:
    """GPUs are pretended: what is told to TensorFlow is compared."""
    import tensorflow as tf

    told: list[tuple[str, int]] = []

    def tell(gpu: str, logical: list[tf.config.LogicalDeviceConfiguration]) -> None:
        told.extend((gpu, device.memory_limit) for device in logical)

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _kind: gpus)
    monkeypatch.setattr(tf.config, "set_logical_device_configuration", tell)
    monkeypatch.setattr(device_memory, "gpu_memory", lambda: total)
    limit_tensorflow_memory(0.25)
    assert told == limits
