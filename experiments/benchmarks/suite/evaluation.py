"""Evaluating 87 images with COCO metrics."""

from collections.abc import Iterator

from experiments.benchmarks.figure import Figure
from experiments.benchmarks.workspace import (
    OD_API,
    RESNET,
    Workspace,
    label_map_of,
    newest_checkpoint,
    shards_of,
)


def measure(workspace: Workspace) -> Iterator[Figure]:
    """Yield the time of the whole call and the steady-state time per image."""
    records = workspace.mostly_validation
    ours = workspace.ours("evaluation", "--config", str(RESNET), "--records", str(records)).facts
    peer = _peer(workspace) if workspace.oracle else {}
    yield Figure(
        f"evaluation of {ours['images']} images at 640, whole call",
        "s",
        ours["loop_s"],
        peer.get("loop_s"),
        OD_API,
        aim=5,
    )
    steady = (ours["steady_s_per_image"], peer.get("steady_s_per_image"))
    yield Figure("evaluation per image at 640, steady state", "s", *steady, OD_API, aim=1.5)


def _peer(workspace: Workspace) -> dict[str, float]:
    """Return the output of the OD API's evaluation loop for a checkpoint of a few steps of its training."""
    records = workspace.mostly_validation
    trained = workspace.peer_checkpoint(RESNET)
    common = ("--config", str(RESNET), "--label-map", label_map_of(records))
    if newest_checkpoint(trained) is None:
        train = ("--records", shards_of(records, "train"), "--steps", "3", "--batch-size", "2")
        workspace.peer("training", *common, *train, "--model-dir", str(trained))
    return workspace.peer(
        "evaluation",
        *(
            *common,
            "--records",
            shards_of(records, "validation"),
            "--checkpoint",
            str(newest_checkpoint(trained)),
        ),
    ).facts
