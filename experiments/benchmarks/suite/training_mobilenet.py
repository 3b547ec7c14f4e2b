"""Training SSD MobileNetV2 FPNLite at 320, batch 8."""

from collections.abc import Iterator

from experiments.benchmarks.figure import Figure
from experiments.benchmarks.model_training import Model, figures
from experiments.benchmarks.workspace import MOBILENET, Workspace

MODEL = Model("MobileNetV2 FPNLite 320, batch 8", MOBILENET, batch=8, steps=20, plain_aim=None, best_aim=2.0)


def measure(workspace: Workspace) -> Iterator[Figure]:
    """Yield the figures of this model."""
    yield from figures(workspace, MODEL)
