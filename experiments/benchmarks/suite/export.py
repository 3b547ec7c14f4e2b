"""Export of a SavedModel, and the latency of the exported model."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from experiments.benchmarks.figure import Figure
from experiments.benchmarks.workspace import HERE, OD_API, RESNET, Outcome, Workspace

LATENCY = "latency of the exported model at 640, batch 1"


def measure(workspace: Workspace) -> Iterator[Figure]:
    """Yield the time of the whole export process, and the latency at 640, batch 1."""
    folder = workspace.folder / "export"
    shutil.rmtree(folder, ignore_errors=True)
    checkpoint = folder / "checkpoint"
    workspace.ours(
        "checkpoint", "--config", str(RESNET), "--records", str(workspace.records), "--out", str(checkpoint)
    )
    ours = workspace.ours("checkpoint", "--export", str(checkpoint), "--out", str(folder / "ours"))
    peer = _peer_export(workspace, checkpoint, folder) if workspace.oracle else None
    yield Figure(
        "export of a SavedModel at 640, whole process", "s", ours.seconds, peer and peer.seconds, OD_API, aim=4
    )
    yield from _latencies(workspace, folder)


def _peer_export(workspace: Workspace, checkpoint: Path, folder: Path) -> Outcome:
    """Export the same weights with the Object Detection API, from a checkpoint in its format."""
    workspace.command("export", str(checkpoint), str(folder / "for_peer"), "--format", "checkpoint")
    return workspace.peer(
        "export",
        *("--config", str(RESNET), "--checkpoint-dir", str(folder / "for_peer" / "checkpoint")),
        *("--out", str(folder / "peer")),
    )


def _latencies(workspace: Workspace, folder: Path) -> Iterator[Figure]:
    """Yield the latency of both exports in our TensorFlow, and of the OD API's export in its own TensorFlow."""
    ours = _latency(workspace, folder / "ours")
    if not workspace.oracle:
        yield Figure(LATENCY, "s", ours)
        return
    words = ("--model", str(folder / "peer" / "saved_model"))
    sides = {OD_API: workspace.peer("latency", *words).facts["latency_s"]}
    sides["OD API's export in our TensorFlow"] = _latency(workspace, folder / "peer")
    for name, seconds in sides.items():
        yield Figure(LATENCY, "s", ours, seconds, name, aim=1.3)


def _latency(workspace: Workspace, export: Path) -> float:
    script = HERE / "peers" / "latency.py"
    seconds: float = workspace.script(script, "--model", str(export / "saved_model")).facts["latency_s"]
    return seconds
