"""A sweep of 24 trials with ASHA on the drawn sample, beside the same trials as one OD API process each.

The peer's trials are those that our sweep ran, each as long as it ran there: a process that trains, and one
that evaluates as often as ours did. Three are measured (the shortest, the median and the longest by steps); a
straight line through them gives the others. They are packed onto as many places as our sweep had, as Ray would.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import yaml

from experiments.benchmarks.figure import Figure
from experiments.benchmarks.workspace import CONFIGS, Workspace, labels, newest_checkpoint, parts
from sweepbox.detection.config.load import load_config
from sweepbox.tuning.sweep.reader import load_sweep
from sweepbox.tuning.trial.throughput import weighted_mean

TRIALS = 24
STEPS = 120
EVERY = 20
CONFIG = CONFIGS / "quickstart.config"


def measure(workspace: Workspace) -> Iterator[Figure]:
    """Yield the wall time of the whole sweep, and what share of its trials' time went where."""
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
        "one OD API process a trial; three measured, the rest scaled",
        aim=20,
        note=f"{sum(steps)} steps in all",
    )
    evaluating = weighted_mean((trial.throughput.evaluation_fraction, trial.seconds) for trial in trials)
    waiting = weighted_mean((trial.throughput.input_wait_fraction, trial.seconds) for trial in trials)
    yield Figure(f"of the trials' time, evaluating every {EVERY} steps", "%", 100 * (evaluating or 0.0))
    yield Figure("of the trials' training, waiting for input", "%", 100 * (waiting or 0.0))


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
    """Return the time that the same trials take as processes of the peer."""
    measured = sorted({steps[0], steps[len(steps) // 2], steps[-1]})
    seconds = [_peer_trial(workspace, out, length) for length in measured]
    fitted = np.polyfit(measured, seconds, 1) if len(measured) > 1 else np.array([0.0, seconds[0]])
    return _packed([float(np.polyval(fitted, length)) for length in steps], places=_places())


def _peer_trial(workspace: Workspace, out: Path, steps: int) -> float:
    """Return the seconds of one trial: its training process, and its evaluation process for each evaluation."""
    folder = workspace.folder / "peer_trial"
    shutil.rmtree(folder, ignore_errors=True)
    config, records = out / "base.config", workspace.records
    common = ("--config", str(config), "--label-map", labels(records))
    train = workspace.peer(
        "training",
        *(*common, "--records", parts(records, "train"), "--steps", str(steps)),
        *("--batch-size", str(_batch_size(config)), "--model-dir", str(folder)),
    )
    evaluation = workspace.peer(
        "evaluation",
        *(*common, "--records", parts(records, "validation"), "--checkpoint", str(newest_checkpoint(folder))),
    )
    steady = evaluation.facts["steady_s_per_image"] * evaluation.facts["images"]
    return train.seconds + evaluation.seconds + steady * (-(-steps // EVERY) - 1)


def _batch_size(config: Path) -> int:
    return int(load_config(config).train_config.batch_size)


def _places() -> int:
    """Return how many trials ran at a time: each has one core."""
    return len(os.sched_getaffinity(0))


def _packed(seconds: list[float], *, places: int) -> float:
    """Return when the last of trials ends that are begun one after another on the first free place.

    The processes were measured alone on the machine; side by side they would be slower, which is left out.
    """
    free = [0.0] * places
    for length in seconds:
        place = free.index(min(free))
        free[place] += length
    return max(free)
