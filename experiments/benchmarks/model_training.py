"""Figures of training one model: images per second, cold start, and the switch from one trial to the next."""

import shutil
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from experiments.benchmarks.figure import Figure
from experiments.benchmarks.workspace import OD_API, Outcome, Workspace, label_map_of, shards_of
from sweepbox.detection.core.processor import has_bfloat16

MAX_SWITCH_S = 1.0
RUNS = {"float32": ("--switches", "3"), "bfloat16": ("--limit-s", "60")}


@dataclass(frozen=True)
class Model:
    """A config to train with a batch size and a number of steps, and the target ratios.

    `plain_aim` is the smallest acceptable ratio in float32, `best_aim` the one in the faster precision.
    """

    name: str
    config: Path
    batch: int
    steps: int
    plain_aim: float | None
    best_aim: float


def figures(workspace: Workspace, model: Model) -> Iterator[Figure]:
    """Yield the figures of a model."""
    peer = _peer(workspace, model) if workspace.oracle else None
    ours = {
        precision: workspace.ours(
            "training",
            *("--config", str(model.config), "--records", str(workspace.records), "--steps", str(model.steps)),
            *("--batch-size", str(model.batch), "--precision", precision, *more),
        )
        for precision, more in RUNS.items()
        if precision == "float32" or has_bfloat16()
    }
    rates = {precision: outcome.facts["images_per_s"] for precision, outcome in ours.items()}
    best = max(rates, key=lambda precision: rates[precision])
    peer_rate = peer and peer.facts["images_per_s"]
    for label, rate, aim, note in (
        ("float32", rates["float32"], model.plain_aim, ""),
        ("faster precision", rates[best], model.best_aim, f"{best}; {_other(rates, best)}"),
    ):
        yield Figure(
            f"training, {model.name}, {label}",
            "images/s",
            rate,
            peer_rate,
            OD_API,
            better="higher",
            aim=aim,
            note=note,
        )
    yield from _times(model.name, ours["float32"], peer)


def _other(rates: dict[str, float], best: str) -> str:
    """Return the rate of the slower precision."""
    others = [f"{name} {rate:.3g}" for name, rate in rates.items() if name != best]
    return ", ".join(others) or "this processor has no bfloat16"


def _times(name: str, ours: Outcome, peer: Outcome | None) -> Iterator[Figure]:
    """Yield cold start, switch time and memory of one model."""
    fresh = peer and peer.first_step_s
    yield Figure(
        f"cold start to the end of the first step, {name}",
        "s",
        ours.first_step_s or 0.0,
        fresh,
        OD_API,
        aim=5,
    )
    yield Figure(
        f"switch to the next trial, excluding one step, {name}",
        "s",
        statistics.median(ours.facts["switch_s"]),
        fresh,
        "a fresh OD API process",
        aim=80,
        note=f"at most {MAX_SWITCH_S:g} s required",
    )
    peak = peer and peer.facts["peak_rss_mib"]
    yield Figure(f"peak memory during training, {name}", "MiB", ours.facts["peak_rss_mib"], peak, OD_API)


def _peer(workspace: Workspace, model: Model) -> Outcome:
    """Train with the Object Detection API; the checkpoint is kept for the evaluation benchmark."""
    records = workspace.records
    folder = workspace.peer_checkpoint(model.config)
    shutil.rmtree(folder, ignore_errors=True)
    return workspace.peer(
        "training",
        *(
            "--config",
            str(model.config),
            "--records",
            shards_of(records, "train"),
            "--label-map",
            label_map_of(records),
        ),
        *("--steps", str(model.steps), "--batch-size", str(model.batch), "--model-dir", str(folder)),
    )
