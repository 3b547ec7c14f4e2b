"""Sweeps as processes of their own, which tests look at, interrupt and kill."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import yaml

from tests.processes import kill_family
from tests.tiny import QUICKSTART, TINY

ROOT = Path(__file__).parents[2]
STEPS, EVERY, TRIALS = 24, 3, 2
SPEC: dict[str, Any] = {
    "name": "tiny",
    "base_config": str(QUICKSTART),
    "data": "records",
    "set": TINY,
    "space": {"learning_rate": {"log_uniform": [1e-4, 1e-2]}},
    "objective": {"metric": "mAP@.50"},
    "scheduler": {"type": "none"},
    "trials": TRIALS,
    "training": {"steps": STEPS, "evaluate_every": EVERY},
    "max_concurrent": 1,
    "keep_checkpoints": 1,
}


def make_home(home: Path, **changes: Any) -> Path:
    """Write records and a sweep file to a folder, with keys replaced, and return the folder."""
    from sweepbox.detection.data.dataset.prepare import PrepareSettings, prepare
    from sweepbox.detection.data.sample.dataset import draw_sample

    draw_sample(home / "scenes", images=16, size=128, seed=3)
    prepare(
        home / "scenes", home / "records", PrepareSettings(validation_fraction=0.3, test_fraction=0, seed=1)
    )
    (home / "tiny.yaml").write_text(yaml.safe_dump({**SPEC, **changes}))
    return home


def sweepbox(verb: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"sweepbox.scripts.{verb}", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


def status(run: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(sweepbox("status", run, "--json").stdout)
    return told


class Sweep:
    """A sweep in a process of its own, that is looked at until something has happened."""

    def __init__(self, home: Path, *options: str, run: Path | str | None = None) -> None:
        self.run = home / "run" if run is None else Path(run)
        self.terminal = home / f"terminal-{time.monotonic_ns()}.txt"
        arguments = ["sweepbox.scripts.sweep", str(home / "tiny.yaml"), "--out", str(run or self.run), *options]
        with self.terminal.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *arguments], cwd=ROOT, stdout=file, stderr=subprocess.STDOUT
            )

    def evaluations(self) -> int:
        return sum(self._evaluations_by_trial())

    def has_trial_with_evaluations(self, *, most: int) -> bool:
        """Return whether a trial has been evaluated at least once and at most `most` times."""
        return any(1 <= count <= most for count in self._evaluations_by_trial())

    def _evaluations_by_trial(self) -> list[int]:
        return [len(path.read_text().splitlines()) for path in self.run.glob("trials/*/metrics.jsonl")]

    def until(self, happened: Callable[[], bool], *, within_s: float = 200) -> None:
        deadline = time.monotonic() + within_s
        while not happened():
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < deadline, self.output()
            time.sleep(0.1)

    def kill_everything(self) -> list[psutil.Process]:
        """Kill the driver, Ray and all trials, as a power cut would."""
        return kill_family(self.process)

    def output(self) -> str:
        return self.terminal.read_text()
