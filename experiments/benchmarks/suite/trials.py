"""Overhead per trial: sweeps of tiny trials compared with empty Ray Tune trials.

Both use random search, so that neither includes the cost of a sampler that grows with the number of trials.
"""

import shutil
import statistics
from collections.abc import Iterator
from pathlib import Path

import yaml

from experiments.benchmarks.figure import Figure
from experiments.benchmarks.workspace import CONFIGS, Workspace

COUNTS = (10, 100, 1000)
SIDE = 64


def measure(workspace: Workspace) -> Iterator[Figure]:
    """Yield the overhead per trial and the driver's memory for sweeps of 10, 100 and 1,000 trials."""
    memory: list[float] = []
    for count in COUNTS:
        empty = workspace.ours("empty_trials", "--trials", str(count)).facts
        out = workspace.folder / "trials"
        shutil.rmtree(out, ignore_errors=True)
        spec = _write_spec(workspace.folder / "trials.yaml", count)
        tiny = workspace.ours(
            "tiny_trials", "--spec", str(spec), "--data", str(workspace.synthetic(16)), "--out", str(out)
        ).facts
        memory.append(tiny["driver_mib"])
        yield Figure(
            f"overhead per trial, {count:,} tiny trials",
            "ms",
            1000 * (tiny["seconds"] - tiny["training_s"]) / count,
            1000 * empty["seconds"] / count,
            "an empty Ray Tune trial",
            limit=1.5,
        )
    yield Figure(
        f"driver memory with {COUNTS[-1]:,} trials",
        "MiB",
        memory[-1],
        statistics.median(memory[:1]),
        f"{COUNTS[0]} trials",
        limit=1.25,
    )


def _write_spec(path: Path, count: int) -> Path:
    ssd = "model.ssd"
    spec = {
        "name": "tiny",
        "base_config": str(CONFIGS / "quickstart.config"),
        "set": {
            f"{ssd}.image_resizer.fixed_shape_resizer.height": SIDE,
            f"{ssd}.image_resizer.fixed_shape_resizer.width": SIDE,
            f"{ssd}.feature_extractor.depth_multiplier": 0.1,
            f"{ssd}.feature_extractor.fpn.additional_layer_depth": 8,
            f"{ssd}.box_predictor.weight_shared_convolutional_box_predictor.depth": 8,
            "batch_size": 1,
        },
        "space": {
            "learning_rate": {"log_uniform": [0.0001, 0.001]},
            "focal_gamma": {"uniform": [1.0, 2.0]},
        },
        "objective": {"metric": "loss/total"},
        "sampler": {"type": "random"},
        "scheduler": {"type": "none"},
        "trials": count,
        "training": {"steps": 1, "evaluate_every": 1},
        "max_concurrent": 1,
    }
    path.write_text(yaml.safe_dump(spec))
    return path
