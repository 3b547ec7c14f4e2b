"""A sweep of 24 trials with ASHA on synthetic images, compared with one OD API process per trial.

The baseline runs the trials of our sweep for the same number of steps: one process trains, and one evaluates as
often as ours did. Three trials are measured (the shortest, the median and the longest by steps) and a linear
fit gives the time of the others. They are scheduled on as many workers as our sweep had, as Ray would schedule
them.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import yaml

from experiments.benchmarks.figure import Figure
from experiments.benchmarks.workspace import CONFIGS, Workspace, label_map_of, newest_checkpoint, shards_of
from sweepbox.detection.config.load import load_config
from sweepbox.tuning.sweep.reader import load_sweep
from sweepbox.tuning.trial.throughput import weighted_mean

TRIALS = 24
STEPS = 120
EVERY = 20
CONFIG = CONFIGS / "quickstart.config"


def measure(workspace: Workspace) -> Iterator[Figure]:
    """Yield the wall time of the whole sweep, and the shares of evaluation and of waiting for input."""
    out = workspace.folder / "sweep"
    shutil.rmtree(out, ignore_errors=True)
    spec = _write_spec(workspace.folder / "sweep.yaml")
    seconds = workspace.command("sweep", str(spec), "--data", str(workspace.records), "--out", str(out))
    trials = load_sweep(out).trials
    steps = sorted(trial.status.step for trial in trials)
    peer = _peer_seconds(workspace, out, steps) if workspace.oracle else None
    yield Figure(
        f"a sweep of {TRIALS} trials with ASHA, whole command",
        "s",
        seconds,
        peer,
        "one OD API process per trial; three measured, the rest from a linear fit",
        aim=20,
        note=f"{sum(steps)} steps in total",
    )
    evaluating = weighted_mean((trial.throughput.evaluation_fraction, trial.seconds) for trial in trials)
    waiting = weighted_mean((trial.throughput.input_wait_fraction, trial.seconds) for trial in trials)
    yield Figure(f"share of trial time spent on evaluation every {EVERY} steps", "%", 100 * (evaluating or 0.0))
    yield Figure("share of training time spent waiting for input", "%", 100 * (waiting or 0.0))


def _write_spec(path: Path) -> Path:
    spec = {
        "name": "benchmark",
        "base_config": str(CONFIG),
        "space": {
            "learning_rate": {"log_uniform": [0.001, 0.02]},
            "focal_gamma": {"uniform": [1.0, 2.5]},
            "l2_weight": {"log_uniform": [1e-5, 1e-3]},
        },
        "objective": {"metric": "mAP@.50"},
        "scheduler": {"type": "asha", "grace_period": 1, "reduction_factor": 2},
        "trials": TRIALS,
        "training": {"steps": STEPS, "evaluate_every": EVERY},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(spec))
    return path


def _peer_seconds(workspace: Workspace, out: Path, steps: list[int]) -> float:
    """Return the time that the same trials take as OD API processes."""
    measured = sorted({steps[0], steps[len(steps) // 2], steps[-1]})
    seconds = [_peer_trial(workspace, out, length) for length in measured]
    fitted = np.polyfit(measured, seconds, 1) if len(measured) > 1 else np.array([0.0, seconds[0]])
    times = [float(np.polyval(fitted, length)) for length in steps]
    return _makespan(times, num_workers=len(os.sched_getaffinity(0)))  # one core per trial


def _peer_trial(workspace: Workspace, out: Path, steps: int) -> float:
    """Return the seconds of one trial: a training process, and an evaluation process with all evaluations."""
    folder = workspace.folder / "peer_trial"
    shutil.rmtree(folder, ignore_errors=True)
    config, records = out / "base.config", workspace.records
    common = ("--config", str(config), "--label-map", label_map_of(records))
    train = workspace.peer(
        "training",
        *(*common, "--records", shards_of(records, "train"), "--steps", str(steps)),
        *("--batch-size", str(_batch_size(config)), "--model-dir", str(folder)),
    )
    evaluation = workspace.peer(
        "evaluation",
        *(
            *common,
            "--records",
            shards_of(records, "validation"),
            "--checkpoint",
            str(newest_checkpoint(folder)),
        ),
    )
    steady = evaluation.facts["steady_s_per_image"] * evaluation.facts["images"]
    return train.seconds + evaluation.seconds + steady * (-(-steps // EVERY) - 1)


def _batch_size(config: Path) -> int:
    return int(load_config(config).train_config.batch_size)


def _makespan(seconds: list[float], *, num_workers: int) -> float:
    """Return when the last trial ends if each starts, in the given order, on the first free worker.

    The processes were measured one at a time; the slowdown of concurrent processes is not included.
    """
    free_at = [0.0] * num_workers
    for length in seconds:
        worker = free_at.index(min(free_at))
        free_at[worker] += length
    return max(free_at)
