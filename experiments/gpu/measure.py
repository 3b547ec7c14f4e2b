"""All that is measured on one GPU, the most valuable first, within a given time; `run.sh` calls it.

    python -m experiments.gpu.measure training|sweep --packed PACKED --work FOLDER --out FOLDER [OPTION…]

Each step is a process with a time limit of its own; one for which too little time is left is left out, and a
later call with the same `--work` does what is not done. Results stand in `work`/results and are copied to
`--out` after every step, with log.txt.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from experiments.benchmarks.machine import ROOT

CONFIGS = ROOT / "experiments" / "configs"
WEIGHTS = "mobilenetv2_features_imagenet.npz"
LOG = "log.txt"
MARGIN_S = 15.0
"""By how much the limit of a step exceeds the time that it is told to take."""

LAST_S = 6.0
"""Kept back for copying the results."""
BULKY = ("gpu_profile.trace.json.gz", "gpu_profile.hlo.txt.gz")
"""Results that the first part delivers once."""


@dataclass(frozen=True)
class Step:
    """A command to run once, for at most `most_s`, unless less than `least_s` are left.

    Without a `vital` step that succeeds, what follows is pointless.
    """

    name: str
    least_s: float
    most_s: float
    command: tuple[str, ...]
    vital: bool = False


@dataclass(frozen=True)
class Sizes:
    """How large everything is."""

    resnet: str = "face_mask_resnet50_640.config"
    mobilenet: str = "face_mask_mobilenet_640.config"
    sweep: str = "face_mask_mobilenet_320.config"
    main_batch: int = 32
    other_batches: tuple[int, ...] = (64, 128, 16, 8)
    steps: int = 60
    calls: int = 30
    pixels: int = 640
    latency_batches: tuple[int, ...] = (1, 16)
    mobilenet_words: tuple[str, ...] = ()
    mobilenet_s: float = 130
    resnet_s: float = 200
    full_steps: int | None = None
    sweep_words: tuple[str, ...] = ()
    chip_words: tuple[str, ...] = ()
    patience: float = 1
    """Times the limits of the steps: a rehearsal shares slow processors."""


SMALL = tuple(
    word
    for side in ("height", "width")
    for word in ("--set", f"model.ssd.image_resizer.fixed_shape_resizer.{side}=96")
)
TINY = Sizes(
    resnet="quickstart.config",
    mobilenet="face_mask_mobilenet_320.config",
    main_batch=2,
    other_batches=(3, 4),
    steps=2,
    calls=2,
    pixels=128,
    latency_batches=(1, 2),
    mobilenet_words=SMALL,
    full_steps=4,
    sweep_words=("--steps", "4", "--batch-size", "2", "--trials", "2", "--shares", "1", "0.5", *SMALL),
    chip_words=("--any",),
    patience=10,
)


class Session:
    """Runs steps against the clock; `begun` is a value of `time.time`."""

    def __init__(self, work: Path, out: Path, *, limit_s: float, begun: float) -> None:
        self._done = work / "done"
        self._results = work / "results"
        self._out = out
        self._end = begun + limit_s - LAST_S
        self._begun = begun
        for folder in (self._done, self._results, out):
            folder.mkdir(parents=True, exist_ok=True)
        self._leave_out = BULKY if (self._results / BULKY[0]).exists() else ()

    @property
    def left_s(self) -> float:
        """The seconds that are left for steps."""
        return self._end - time.time()

    def run(self, steps: Iterator[Step]) -> int:
        """Run steps that are not done yet; return an exit status: 1 where a vital step failed."""
        for step in steps:
            if (self._done / step.name).exists():
                continue
            ended_well = self.left_s >= step.least_s and self._run(step)
            if self.left_s < step.least_s and not ended_well:
                self._say(f"{step.name}: left out or cut, {self.left_s:.0f} s left")
            if step.vital and not ended_well:
                return 1
        return 0

    def _run(self, step: Step) -> bool:
        """Run a step and publish the results; tell whether it ended well."""
        started, limit_s = time.time(), min(step.most_s, self.left_s)
        with (self._results / LOG).open("a") as log:
            log.write(f"== {step.name}: {' '.join(step.command)}\n")
            log.flush()
            status = _status(step.command, log, limit_s)
        if status == 0:
            (self._done / step.name).touch()
        how = {0: "done", None: "stopped at its limit"}.get(status, f"status {status}")
        self._say(f"{step.name}: {time.time() - started:.0f} s, {how}")
        return status == 0

    def _say(self, text: str) -> None:
        line = f"[{time.time() - self._begun:.0f} s] {text}"
        print(line, flush=True)
        with (self._results / LOG).open("a") as log:
            log.write(line + "\n")
        for path in self._results.iterdir():
            if path.name not in self._leave_out:
                shutil.copyfile(path, self._out / path.name)


def _status(command: Sequence[str], log: TextIO, limit_s: float) -> int | None:
    """Run a command with all its children; return its exit status, None where the time was up."""
    with subprocess.Popen(
        command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
    ) as process:
        try:
            return process.wait(timeout=limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None


@dataclass(frozen=True)
class Measurements:
    """The steps of both parts."""

    sizes: Sizes
    packed: Path
    work: Path
    session: Session
    brief: bool = False

    @property
    def _carried(self) -> tuple[str, ...]:
        return ("--carried", str(self.work / "photographs"))

    def training(self) -> Iterator[Step]:
        """Yield what needs no Ray; the weights are kept for the second part."""
        shutil.copyfile(self.packed / "weights" / WEIGHTS, self._weights)
        yield self._python(
            "unpack", 0, 90, "gpu.unpack_photographs", self.packed / "photographs", self._carried[1]
        )
        yield self._python("chip", 0, 90, "gpu.chip", self._chip, *self.sizes.chip_words)
        yield self._speed(self.sizes.main_batch, peer=not self.brief)
        if not self.brief:
            yield self._profile()
        yield self._full_mobilenet()
        yield self._full_resnet()
        yield from self._leftovers()

    def sweep(self) -> Iterator[Step]:
        """Yield the sweeps, then what the first part had no time for."""
        words = (
            "--config",
            CONFIGS / self.sizes.sweep,
            "--work",
            self.work / "sweeps",
            *self.sizes.sweep_words,
        )
        yield self._benchmark("sweep", 60, 400, "gpu_sweep", *words, *self._carried, "--weights", self._weights)
        yield from self._leftovers()

    @property
    def _chip(self) -> Path:
        return self.work / "chip.json"

    @property
    def _weights(self) -> Path:
        return self.work / WEIGHTS

    @property
    def _resnet(self) -> tuple[object, ...]:
        return ("--config", CONFIGS / self.sizes.resnet)

    def _speed(self, batch_size: int, *, peer: bool = False) -> Step:
        """Return the step for one batch size."""
        words = ("--batch-sizes", batch_size, "--steps", self.sizes.steps, "--chip", self._chip)
        beside = ("--peer", batch_size, "--peer-size", self.sizes.pixels) if peer else ()
        name, most_s = f"training_{batch_size}", 240 if peer else 150
        return self._benchmark(name, 45, most_s, "gpu_training", *self._resnet, *self._carried, *words, *beside)

    def _full_mobilenet(self) -> Step:
        """Return the training from ImageNet's weights."""
        what = ("--config", CONFIGS / self.sizes.mobilenet, "--name", "MobileNetV2 FPNLite 640")
        words = (*what, "--weights", self._weights, *self.sizes.mobilenet_words)
        return self._full("full_mobilenet", self.sizes.mobilenet_s, *words)

    def _full_resnet(self) -> Step:
        """Return the training from random weights."""
        return self._full("full_resnet", self.sizes.resnet_s, *self._resnet)

    def _full(self, name: str, most_s: float, *words: object) -> Step:
        """Return a whole training in the time that is left, at most `most_s`."""
        seconds = min(most_s, self.session.left_s - MARGIN_S)
        steps = self.sizes.full_steps
        length = ("--seconds", round(seconds)) if steps is None else ("--steps", steps)
        size = ("--batch-size", self.sizes.main_batch, *length)
        return self._benchmark(name, 100, most_s + MARGIN_S, "gpu_full_training", *words, *self._carried, *size)

    def _leftovers(self) -> Iterator[Step]:
        """Yield what is least valuable."""
        words = ("--batch-sizes", *self.sizes.latency_batches, "--calls", self.sizes.calls)
        peer = ("--peer-size", self.sizes.pixels, "--peer-how", "eager", *(() if self.brief else ("compiled",)))
        yield self._benchmark("latency", 40, 150, "gpu_latency", *self._resnet, *words, *peer)
        yield self._profile()
        for size in self.sizes.other_batches:
            yield self._speed(size)

    def _profile(self) -> Step:
        return self._benchmark("profile", 25, 120, "gpu_profile", *self._resnet, *self._carried)

    def _benchmark(self, name: str, least_s: float, most_s: float, module: str, *words: object) -> Step:
        results = ("--results", self.work / "results")
        return self._python(name, least_s, most_s, f"benchmarks.{module}", *words, *results)

    def _python(self, name: str, least_s: float, most_s: float, module: str, *words: object) -> Step:
        command = (sys.executable, "-m", f"experiments.{module}", *map(str, words))
        return Step(name, least_s, most_s * self.sizes.patience, command, vital=name in ("unpack", "chip"))


def main() -> int:
    options = _arguments()
    os.environ |= {"KERAS_BACKEND": "jax", "JAX_COMPILATION_CACHE_DIR": str(options.work / "jax_cache")}
    session = Session(options.work, options.out, limit_s=options.limit, begun=options.started or time.time())
    sizes = TINY if options.tiny else Sizes(mobilenet_s=options.full_s[0], resnet_s=options.full_s[1])
    measurements = Measurements(sizes, options.packed, options.work, session, brief=options.brief)
    return session.run(measurements.training() if options.part == "training" else measurements.sweep())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("training", "sweep"))
    for name in ("packed", "work", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--limit", type=float, default=540, help="the most seconds")
    parser.add_argument("--started", type=float, help="when they began to count, in seconds of the epoch")
    parser.add_argument("--tiny", action="store_true", help="a rehearsal on a CPU: tiny models, a few steps")
    parser.add_argument("--brief", action="store_true", help="no compiled torchvision; the profile comes last")
    parser.add_argument(
        "--full-s", type=float, nargs=2, default=(130, 200), help="the most seconds of the whole trainings"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
