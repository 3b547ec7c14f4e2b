"""What this process has taken of memory."""

import os
from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.core.device_memory import gpu_memory, peak_resident

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
