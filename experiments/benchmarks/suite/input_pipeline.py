"""Images per second that reach the network at 640 with the original augmentations."""

from collections.abc import Iterator

from experiments.benchmarks.figure import Figure
from experiments.benchmarks.workspace import RESNET, Workspace, labels, parts

BATCH = 8


def measure(workspace: Workspace) -> Iterator[Figure]:
    """Yield one figure."""
    common = ("--config", str(RESNET), "--batch-size", str(BATCH))
    ours = workspace.ours("input", *common, "--records", str(workspace.records))
    peer = None
    if workspace.oracle:
        records = workspace.records
        files = ("--records", parts(records, "train"), "--label-map", labels(records))
        peer = workspace.peer("input", *common, *files).facts["images_per_s"]
    for name, rate in (
        ("training input at 640, all on two cores: the config's augmentations", ours.facts["images_per_s"]),
        ("training input at 640, the host's part where a GPU augments", ours.facts["host_images_per_s"]),
    ):
        yield Figure(name, "images/s", rate, peer, "the OD API's train_input", better="higher", aim=20)
