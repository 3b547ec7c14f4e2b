"""Images per second in training, the cold start, and the turn from one trial to the next."""

import shutil
import statistics
from collections.abc import Iterator
from pathlib import Path

from detection.core.processor import has_bfloat16
from experiments.benchmarks.figure import Figure
from experiments.benchmarks.workspace import MOBILENET, OD_API, RESNET, Outcome, Workspace, labels, parts

MODELS = (
    # name, config, batch, steps, the aim in float32 and in the better precision
    ("SSD ResNet50 FPN 640, batch 2", RESNET, 2, 6, 1.1, 2.0),
    ("MobileNetV2 FPNLite 320, batch 8", MOBILENET, 8, 30, None, 2.0),
)
MOST_TURN_S = 1.0
RUNS = {"float32": ("--turns", "3"), "bfloat16": ("--limit-s", "60")}


def measure(workspace: Workspace) -> Iterator[Figure]:
    """Yield the figures of both models."""
    for name, config, batch, steps, plain_aim, best_aim in MODELS:
        peer = _peer(workspace, config, batch, steps) if workspace.oracle else None
        ours = {
            precision: workspace.ours(
                "training",
                *("--config", str(config), "--records", str(workspace.records), "--steps", str(steps)),
                *("--batch-size", str(batch), "--precision", precision, *more),
            )
            for precision, more in RUNS.items()
            if precision == "float32" or has_bfloat16()
        }
        rates = {precision: outcome.facts["images_per_s"] for precision, outcome in ours.items()}
        best = max(rates, key=lambda precision: rates[precision])
        peer_rate = peer and peer.facts["images_per_s"]
        for label, rate, aim, note in (
            ("float32", rates["float32"], plain_aim, ""),
            ("better precision", rates[best], best_aim, f"{best}; {_other(rates, best)}"),
        ):
            yield Figure(
                f"training, {name}, {label}",
                "images/s",
                rate,
                peer_rate,
                OD_API,
                better="higher",
                aim=aim,
                note=note,
            )
        yield from _times(name, ours["float32"], peer)


def _other(rates: dict[str, float], best: str) -> str:
    """Return what the precision that was not the better one came to."""
    others = [f"{name} {rate:.3g}" for name, rate in rates.items() if name != best]
    return ", ".join(others) or "this processor has no bfloat16"


def _times(name: str, ours: Outcome, peer: Outcome | None) -> Iterator[Figure]:
    """Yield start, turn and memory of one model."""
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
        f"turn to the next trial, less one step, {name}",
        "s",
        statistics.median(ours.facts["turn_s"]),
        fresh,
        "a fresh OD API process",
        aim=80,
        note=f"to be at most {MOST_TURN_S:g} s",
    )
    peak = peer and peer.facts["peak_rss_mib"]
    yield Figure(f"peak memory in training, {name}", "MiB", ours.facts["peak_rss_mib"], peak, OD_API)


def _peer(workspace: Workspace, config: Path, batch: int, steps: int) -> Outcome:
    """Let the peer train; its checkpoint is kept for the evaluation."""
    records = workspace.records
    folder = workspace.peer_checkpoint(config)
    shutil.rmtree(folder, ignore_errors=True)
    return workspace.peer(
        "training",
        *("--config", str(config), "--records", parts(records, "train"), "--label-map", labels(records)),
        *("--steps", str(steps), "--batch-size", str(batch), "--model-dir", str(folder)),
    )
