"""Evaluating 87 images with COCO metrics."""

from collections.abc import Iterator

from experiments.benchmarks.figure import Figure
from experiments.benchmarks.workspace import OD_API, RESNET, Workspace, labels, newest_checkpoint, parts


def measure(workspace: Workspace) -> Iterator[Figure]:
    """Yield the whole call and the steady state."""
    records = workspace.mostly_validation
    ours = workspace.ours("evaluation", "--config", str(RESNET), "--records", str(records)).facts
    peer = _peer(workspace) if workspace.oracle else {}
    yield Figure(
        f"evaluating {ours['images']} images at 640, whole call",
        "s",
        ours["loop_s"],
        peer.get("loop_s"),
        OD_API,
        aim=5,
    )
    steady = (ours["steady_s_per_image"], peer.get("steady_s_per_image"))
    yield Figure("evaluating an image at 640, steady state", "s", *steady, OD_API, aim=1.5)


def _peer(workspace: Workspace) -> dict[str, float]:
    """Return what the peer's evaluation loop says of a checkpoint that it trained for a few steps."""
    records = workspace.mostly_validation
    trained = workspace.peer_checkpoint(RESNET)
    common = ("--config", str(RESNET), "--label-map", labels(records))
    if newest_checkpoint(trained) is None:
        train = ("--records", parts(records, "train"), "--steps", "3", "--batch-size", "2")
        workspace.peer("training", *common, *train, "--model-dir", str(trained))
    return workspace.peer(
        "evaluation",
        *(*common, "--records", parts(records, "validation"), "--checkpoint", str(newest_checkpoint(trained))),
    ).facts
