"""What every benchmark is given: generated data, configs, and fresh processes of ours and of the peer's."""

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
"""Where `compat` lies, which every script of the Object Detection API's side imports first."""

FIRST_STEP = "FIRST_STEP"
"""What a training script prints when its first step has ended."""

OD_API = "OD API, TF 2.15"


class RunFailedError(Exception):
    """A measured process failed; the message holds the end of what it said."""


@dataclass(frozen=True)
class Outcome:
    """What a measured process printed last (JSON), its wall time, and when its first step had ended."""

    facts: dict[str, Any]
    seconds: float
    first_step_s: float | None


@dataclass(frozen=True)
class Workspace:
    """`folder` holds generated data and is kept between runs; `oracle` is the peer's interpreter, if any."""

    folder: Path
    oracle: Path | None

    @cached_property
    def records(self) -> Path:
        """A folder of prepared records: 96 drawn scenes, 14 of them for validation."""
        return self.drawn(96)

    @cached_property
    def mostly_validation(self) -> Path:
        """A folder of prepared records: of the same 96 scenes, 87 for validation."""
        return self.drawn(96, validation_fraction=0.9)

    def drawn(self, images: int, *, validation_fraction: float = 0.15) -> Path:
        """Return a folder of prepared records of so many drawn scenes (512 pixels, three classes)."""
        pictures = self.folder / f"pictures_{images}"
        records = self.folder / f"records_{images}_{validation_fraction:g}"
        if not records.is_dir():
            if not pictures.is_dir():
                self.command("sample", str(pictures), "--images", str(images), "--size", "512")
            fraction = ("--validation-fraction", str(validation_fraction))
            self.command("prepare", str(pictures), str(records), *fraction)
        return records

    def peer_checkpoint(self, config: Path) -> Path:
        """Return the folder for a checkpoint that the peer trains of a config."""
        return self.folder / f"peer_{config.stem}"

    def command(self, *words: str) -> float:
        """Run one of our commands and return its seconds."""
        return self._run([str(Path(sys.executable).parent / "sweepbox"), *words]).seconds

    def ours(self, script: str, *words: str, **environment: str) -> Outcome:
        """Run one of our scripts in a fresh process."""
        return self._run([sys.executable, "-m", f"experiments.benchmarks.ours.{script}", *words], environment)

    def script(self, path: Path, *words: str) -> Outcome:
        """Run a script by its path in a fresh process of our environment."""
        return self._run([sys.executable, str(path), *words])

    def peer(self, script: str, *words: str) -> Outcome:
        """Run one of the Object Detection API's scripts in a fresh process of its own environment."""
        command = [str(self.oracle), str(HERE / "peers" / f"{script}.py"), *words]
        return self._run(command, {"PYTHONPATH": str(COMPAT)})

    def _run(self, command: list[str], environment: dict[str, str] | None = None) -> Outcome:
        """Run a process to its end, listening for its first step."""
        started, first_step, said = time.perf_counter(), None, []
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
                said.append(line)
        if process.returncode:
            raise RunFailedError(f"`{' '.join(command)}` failed:\n{''.join(said[-25:])}")
        return Outcome(_facts(said), time.perf_counter() - started, first_step)


def _facts(said: list[str]) -> dict[str, Any]:
    """Return the last line that is a JSON object."""
    for line in reversed(said):
        if line.startswith("{"):
            found: dict[str, Any] = json.loads(line)
            return found
    return {}


def labels(records: Path) -> str:
    """Return the label map of a folder of records."""
    return str(records / "label_map.pbtxt")


def parts(records: Path, split: str) -> str:
    """Return a pattern that all shards of a split match."""
    return str(records / f"{split}-*.tfrecord")


def newest_checkpoint(folder: Path) -> Path | None:
    """Return the prefix of the newest checkpoint that the peer left in a folder; None without any."""
    found = sorted(folder.glob("ckpt-*.index"), key=lambda path: int(path.stem.split("-")[1]))
    return found[-1].with_suffix("") if found else None
