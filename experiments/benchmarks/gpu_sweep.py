"""Sweeps on one GPU with one, two and four trials at a time: images/s in sum, memory, and the same winner.

    python -m experiments.benchmarks.gpu_sweep --carried FOLDER --weights FILE --work FOLDER
        [--shares 1 0.25 0.5] [--trials 4] [--steps 800] [--batch-size 16] [--results FOLDER]

Each share of the GPU is a `sweepbox sweep` of its own under Ray Tune, with the same random settings and seeds:
MobileNetV2 FPNLite 320 from ImageNet's weights, learning rate and L2 weight, backend JAX, no early stopping.
About a minute each on an H100, the first with compilation, which the others take from JAX's cache. Images/s
are counted from when the first trials have evaluated once to the end of the last, so without compilation.
Figures go into `gpu_sweep.json` after every sweep.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from experiments.benchmarks.__main__ import RESULTS
from experiments.benchmarks.figure import Figure
from experiments.benchmarks.gpu_training import TRAINING
from experiments.benchmarks.kept import keep, kept_fact
from experiments.benchmarks.machine import ROOT
from experiments.benchmarks.workspace import MOBILENET

RESULT = "gpu_sweep.json"
METRIC = "mAP@.50"
EVALUATIONS = 4
ONE_GPU = {"RAY_OVERRIDE_RESOURCES": json.dumps({"GPU": 1})}
"""Tells Ray that there is one GPU, whether or not it finds one: a rehearsal needs none."""

SPEC = {
    "space": {"learning_rate": {"log_uniform": [0.0005, 0.005]}, "l2_weight": {"log_uniform": [4e-6, 4e-4]}},
    "objective": {"metric": METRIC},
    "searcher": {"type": "random"},
    "scheduler": {"type": "none"},
    "backend": "jax",
    "seed": 1,
}


@dataclass(frozen=True)
class SweepFigures:
    """One sweep: its concurrency, images/s in sum, wall seconds, each trial's best metric, device memory."""

    at_a_time: int
    images_per_s: float
    seconds: float
    best: Mapping[str, float]
    memory: "MemoryUse"

    @property
    def winner(self) -> str:
        """The trial with the best metric."""
        return max(self.best, key=lambda trial: self.best[trial])


@dataclass
class MemoryUse:
    """The most memory of the device in MiB: of each process by its id, of all together, and what there is."""

    by_process: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    used: float = 0.0
    total: float = 0.0


def main() -> int:
    options = _arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    first: SweepFigures | None = None
    for share in options.shares:
        started = time.perf_counter()
        found = _sweep(options, share)
        if found is None:
            return 1
        first = first or found
        figures = _figures(options, found, first)
        for figure in figures:
            print("  " + " | ".join(cell for cell in figure.row if cell), flush=True)
        device = kept_fact(options.results / TRAINING, "device")
        more = {"device": device} if device else {}
        trials = {
            **(kept_fact(options.results / RESULT, "trials") or {}),
            f"{found.at_a_time}": dict(found.best),
        }
        seconds = time.perf_counter() - started
        keep(options.results / RESULT, figures, seconds=seconds, trials=trials, **more)
    return 0


def _sweep(options: argparse.Namespace, share: float) -> SweepFigures | None:
    """Run one sweep by the command and return its figures; None where it failed."""
    at_a_time = round(1 / share)
    out = options.work / f"sweep_{at_a_time}_{time.time_ns()}"
    resources = {"cpu": max(1, (os.cpu_count() or 1) // (2 * at_a_time)), "gpu": float(share)}
    spec = {
        **SPEC,
        "name": out.name,
        "base_config": str(options.config.resolve()),
        "data": str(options.carried.resolve()),
        "trials": options.trials,
        "max_concurrent": at_a_time,
        "set": {"batch_size": options.batch_size, **_changes(options.set or ())},
        "training": {
            "steps": options.steps,
            "evaluate_every": -(-options.steps // EVALUATIONS),
            "precision": options.precision,
        },
        "resources_per_trial": resources,
        **({} if options.weights is None else {"initial_weights": str(options.weights.resolve())}),
    }
    file = options.work / f"{out.name}.yaml"
    file.write_text(yaml.safe_dump(spec))
    started = time.perf_counter()
    with _watched_memory() as memory:
        command = [sys.executable, "-m", "sweepbox.scripts.sweep", str(file), "--out", str(out)]
        status = subprocess.run(command, cwd=ROOT, env={**os.environ, **ONE_GPU}, check=False).returncode
    if status:
        print(f"the sweep with {at_a_time} trials at a time ended with status {status}", file=sys.stderr)
        return None
    lines = {path.parent.name: _lines(path) for path in sorted(out.glob("trials/*/metrics.jsonl"))}
    begun = {trial: _started(out / "trials" / trial) for trial in lines}
    return SweepFigures(
        at_a_time=at_a_time,
        images_per_s=options.batch_size * steps_per_s(lines, begun, at_a_time=at_a_time),
        seconds=time.perf_counter() - started,
        best={trial: max(line["metrics"][METRIC] for line in found) for trial, found in lines.items()},
        memory=memory,
    )


def _changes(texts: Sequence[str]) -> dict[str, Any]:
    """Return the settings that texts such as `PATH=VALUE` state."""
    pairs = (text.partition("=") for text in texts)
    return {path: yaml.safe_load(value) for path, _, value in pairs}


def steps_per_s(
    lines: Mapping[str, Sequence[Mapping[str, Any]]], begun: Mapping[str, float], *, at_a_time: int
) -> float:
    """Return the steps a second of all trials together.

    `lines` are the evaluations of each trial with `step` and `time`, `begun` when each trial began. Counted are
    the stretches between evaluations that begin after every one of the first `at_a_time` trials has evaluated
    once, which it does after compiling.
    """
    first = sorted(lines, key=lambda trial: begun[trial])[:at_a_time]
    start = max(lines[trial][0]["time"] for trial in first)
    end = max(found[-1]["time"] for found in lines.values())
    steps = 0
    for trial, found in lines.items():
        before = {"time": begun[trial], "step": 0}
        for line in found:
            steps += line["step"] - before["step"] if before["time"] >= start else 0
            before = line
    return steps / (end - start) if end > start else 0.0


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _started(trial: Path) -> float:
    return float(json.loads((trial / "state.json").read_text())["started"])


class _watched_memory:  # noqa: N801 - reads as a function where it is used
    """Asks the driver once a second, in a thread, how much memory each process holds."""

    def __init__(self) -> None:
        self._use, self._stop = MemoryUse(), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> MemoryUse:
        """Begin to watch."""
        self._thread.start()
        return self._use

    def __exit__(self, *_: object) -> None:
        """Stop watching."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(1.0):
            with suppress(OSError, subprocess.SubprocessError, ValueError):
                [(used, total)] = _query("gpu=memory.used,memory.total")
                self._use.used, self._use.total = max(self._use.used, used), total
                for process, held in _query("compute-apps=pid,used_memory"):
                    self._use.by_process[int(process)] = max(self._use.by_process[int(process)], held)


def _query(what: str) -> list[tuple[float, float]]:
    """Return the rows of pairs that `nvidia-smi --query-…` tells."""
    command = ["nvidia-smi", f"--query-{what}", "--format=csv,noheader,nounits"]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout
    pairs = [line.split(",") for line in text.splitlines() if line.strip()]
    return [(float(left), float(right)) for left, right in pairs]


def _figures(options: argparse.Namespace, found: SweepFigures, first: SweepFigures) -> list[Figure]:
    """Return the figures of one sweep, beside those of the first one."""
    name = f"sweep of {options.trials} trials, {found.at_a_time} at a time"
    beside: dict[str, Any] = {}
    is_first = found is first
    if not is_first:
        beside = {"peer_name": f"{first.at_a_time} at a time"}

    def peer(value: float) -> dict[str, Any]:
        return {} if is_first else {"peer": value, **beside}

    figures = [
        Figure(
            f"{name}: images/s in sum",
            "images/s",
            found.images_per_s,
            **peer(first.images_per_s),
            better="higher",
        ),
        Figure(f"{name}: whole command", "s", found.seconds, **peer(first.seconds)),
        Figure(
            f"{name}: best {METRIC}",
            "",
            found.best[found.winner],
            **peer(first.best[first.winner]),
            better="higher",
            note=f"trial {found.winner}" + ("" if is_first else _of_first_winner(found, first)),
        ),
    ]
    if not is_first:
        differences = [
            abs(found.best[trial] - first.best[trial]) for trial in found.best if trial in first.best
        ]
        figures.append(Figure(f"{name}: largest difference of a trial's best {METRIC}", "", max(differences)))
    memory = found.memory
    if memory.by_process:
        limit, held = memory.total / found.at_a_time, max(memory.by_process.values())
        share = {"peer": limit, "peer_name": "its share of the device", "limit": 1.0}
        figures.append(Figure(f"{name}: device memory of a trial's process", "MiB", held, **share))
    if memory.total:
        all_of_it = {"peer": memory.total, "peer_name": "the device's memory", "limit": 1.0}
        figures.append(Figure(f"{name}: device memory in all", "MiB", memory.used, **all_of_it))
    return figures


def _of_first_winner(found: SweepFigures, first: SweepFigures) -> str:
    """Return what the first sweep's winner reaches in another one, as part of a note."""
    return f"; trial {first.winner} has {found.best.get(first.winner, 0.0):.4f}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=MOBILENET)
    parser.add_argument("--carried", type=Path, required=True, help="the folder of the decoded images")
    parser.add_argument("--weights", type=Path, help="backbone weights that trials start from")
    parser.add_argument("--work", type=Path, required=True, help="where the sweeps run")
    parser.add_argument("--shares", type=float, nargs="+", default=[1, 0.25, 0.5])
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--set", action="append", metavar="PATH=VALUE", help="change the config of all trials")
    parser.add_argument("--precision", default="bfloat16")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures go")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
