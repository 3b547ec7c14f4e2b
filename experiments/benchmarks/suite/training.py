"""Images per second in training, the cold start, and the turn from one trial to the next."""

import statistics
from collections.abc import Iterator
from pathlib import Path

from experiments.benchmarks.figure import Figure
from experiments.benchmarks.workspace import MOBILENET, OD_API, RESNET, Outcome, Workspace, labels, parts

MODELS = (
    ("SSD ResNet50 FPN 640, batch 2", RESNET, 2, 8, {"float32": 1.1, "bfloat16": 2.0}),
    ("MobileNetV2 FPNLite 320, batch 8", MOBILENET, 8, 30, {"float32": 2.0, "bfloat16": None}),
)
MOST_TURN_S = 1.0


def measure(workspace: Workspace) -> Iterator[Figure]:
    """Yield the figures of both models."""
    for name, config, batch, steps, aims in MODELS:
        peer = _peer(workspace, config, batch, steps) if workspace.oracle else None
        for precision, aim in aims.items():
            ours = workspace.ours(
                "training",
                *("--config", str(config), "--records", str(workspace.records), "--steps", str(steps)),
                *("--batch-size", str(batch), "--precision", precision),
                *(("--turns", "3") if precision == "float32" else ()),
            )
            rates = {"ours": ours.facts["images_per_s"], "peer": peer and peer.facts["images_per_s"]}
            yield Figure(
                f"training, {name}, {precision}",
                "images/s",
                **rates,
                peer_name=OD_API,
                better="higher",
                aim=aim,
            )
            if precision == "float32":
                yield from _times(name, ours, peer)


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
    records = workspace.records
    return workspace.peer(
        "training",
        *("--config", str(config), "--records", parts(records, "train"), "--label-map", labels(records)),
        *("--steps", str(steps), "--batch-size", str(batch)),
    )
