"""Training SSD ResNet50 FPN at 640, batch 2."""

from collections.abc import Iterator

from experiments.benchmarks.figure import Figure
from experiments.benchmarks.model_training import Model, figures
from experiments.benchmarks.workspace import RESNET, Workspace

MODEL = Model("SSD ResNet50 FPN 640, batch 2", RESNET, batch=2, steps=4, plain_aim=1.1, best_aim=2.0)


def measure(workspace: Workspace) -> Iterator[Figure]:
    """Yield the figures of this model."""
    yield from figures(workspace, MODEL)
