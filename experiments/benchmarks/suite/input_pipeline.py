"""Images per second of the training input at 640 with the config's augmentations."""

from collections.abc import Iterator

from experiments.benchmarks.figure import Figure
from experiments.benchmarks.workspace import RESNET, Workspace, label_map_of, shards_of

BATCH = 8


def measure(workspace: Workspace) -> Iterator[Figure]:
    """Yield the rate of the whole input and of the host alone."""
    common = ("--config", str(RESNET), "--batch-size", str(BATCH))
    ours = workspace.ours("input", *common, "--records", str(workspace.records))
    peer = None
    if workspace.oracle:
        records = workspace.records
        files = ("--records", shards_of(records, "train"), "--label-map", label_map_of(records))
        peer = workspace.peer("input", *common, *files).facts["images_per_s"]
    for name, rate in (
        ("training input at 640, including augmentation on the CPU", ours.facts["images_per_s"]),
        ("training input at 640, host only (augmentation on a GPU)", ours.facts["host_images_per_s"]),
    ):
        yield Figure(name, "images/s", rate, peer, "OD API, train_input", better="higher", aim=20)
