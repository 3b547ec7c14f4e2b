"""The environment of every benchmark: generated data, configs, and fresh processes of both sides."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from experiments.benchmarks.machine import ROOT

HERE = Path(__file__).parent
CONFIGS = ROOT / "experiments" / "configs"
RESNET = CONFIGS / "face_mask_resnet50_640.config"
MOBILENET = CONFIGS / "face_mask_mobilenet_320.config"
COMPAT = ROOT / "experiments" / "parity" / "oracle"
"""Folder of the module `compat`, which every script for the Object Detection API imports first."""

FIRST_STEP = "FIRST_STEP"
"""Line that a training script prints when its first step has ended."""

OD_API = "OD API, TF 2.15"


class RunFailedError(Exception):
    """A measured process failed; the message contains the end of its output."""


@dataclass(frozen=True)
class Outcome:
    """The last JSON line of a measured process, its wall time, and the time until its first step had ended."""

    facts: dict[str, Any]
    seconds: float
    first_step_s: float | None


@dataclass(frozen=True)
class Workspace:
    """`folder` holds generated data and is kept between runs; `oracle` is the OD API's interpreter, if any."""

    folder: Path
    oracle: Path | None

    @cached_property
    def records(self) -> Path:
        """A folder of prepared records: 96 synthetic images, 14 of them for validation."""
        return self.synthetic(96)

    @cached_property
    def mostly_validation(self) -> Path:
        """A folder of prepared records: the same 96 images, 87 of them for validation."""
        return self.synthetic(96, validation_fraction=0.9)

    def synthetic(self, images: int, *, validation_fraction: float = 0.15) -> Path:
        """Return a folder of prepared records of synthetic images (512 pixels, three classes)."""
        source = self.folder / f"pictures_{images}"
        records = self.folder / f"records_{images}_{validation_fraction:g}"
        if not records.is_dir():
            if not source.is_dir():
                self.command("sample", str(source), "--images", str(images), "--size", "512")
            fraction = ("--validation-fraction", str(validation_fraction))
            self.command("prepare", str(source), str(records), *fraction)
        return records

    def peer_checkpoint(self, config: Path) -> Path:
        """Return the folder of the checkpoint that the Object Detection API trains from a config."""
        return self.folder / f"peer_{config.stem}"

    def command(self, *words: str) -> float:
        """Run a `sweepbox` command and return its wall time in seconds."""
        return self._run([str(Path(sys.executable).parent / "sweepbox"), *words]).seconds

    def ours(self, script: str, *words: str, **environment: str) -> Outcome:
        """Run a script of `ours/` in a fresh process."""
        return self._run([sys.executable, "-m", f"experiments.benchmarks.ours.{script}", *words], environment)

    def script(self, path: Path, *words: str, **environment: str) -> Outcome:
        """Run a script by its path in a fresh process of Sweepbox's environment."""
        return self._run([sys.executable, str(path), *words], environment)

    def peer(self, script: str, *words: str) -> Outcome:
        """Run a script of `peers/` in a fresh process of the Object Detection API's environment."""
        command = [str(self.oracle), str(HERE / "peers" / f"{script}.py"), *words]
        return self._run(command, {"PYTHONPATH": str(COMPAT)})

    def _run(self, command: list[str], environment: dict[str, str] | None = None) -> Outcome:
        """Run a process to its end and record when its first step ends."""
        started, first_step, lines = time.perf_counter(), None, []
        settings = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", **(environment or {})}
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            for line in process.stdout or ():
                if line.startswith(FIRST_STEP):
                    first_step = time.perf_counter() - started
                lines.append(line)
        if process.returncode:
            raise RunFailedError(f"`{' '.join(command)}` failed:\n{''.join(lines[-25:])}")
        return Outcome(_last_json(lines), time.perf_counter() - started, first_step)


def _last_json(lines: list[str]) -> dict[str, Any]:
    """Return the last JSON object in a process's output; an empty one if there is none."""
    for line in reversed(lines):
        if line.startswith("{"):
            found: dict[str, Any] = json.loads(line)
            return found
    return {}


def label_map_of(records: Path) -> str:
    """Return the path of the label map of a folder of records."""
    return str(records / "label_map.pbtxt")


def shards_of(records: Path, split: str) -> str:
    """Return a glob pattern for all shards of a split."""
    return str(records / f"{split}-*.tfrecord")


def newest_checkpoint(folder: Path) -> Path | None:
    """Return the prefix of the newest checkpoint in a folder; None if there is none."""
    found = sorted(folder.glob("ckpt-*.index"), key=lambda path: int(path.stem.split("-")[1]))
    return found[-1].with_suffix("") if found else None
