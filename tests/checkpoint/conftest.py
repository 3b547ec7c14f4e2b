"""The two small golden models: their configs, and detectors to restore checkpoints into."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.load import load_config
from sweepbox.detection.model.ssd import SsdDetector, build_detector

GOLDEN = Path(__file__).parents[1] / "golden"


@dataclass(frozen=True)
class GoldenModel:
    """A golden model: its folder, its ssd message, and a detector of that config."""

    folder: Path
    ssd: pb.Ssd
    detector: SsdDetector

    @property
    def prefix(self) -> Path:
        """Its checkpoint's path without `.index`."""
        return self.folder / "ckpt-0"


def golden_model(name: str, *, num_classes: int = 3) -> GoldenModel:
    """A golden model with newly initialised weights, optionally for another number of classes."""
    folder = GOLDEN / f"model_{name}_small"
    config = apply_edits(load_config(folder / "pipeline.config"), [Edit("model.ssd.num_classes", num_classes)])
    return GoldenModel(folder, config.model.ssd, build_detector(config.model.ssd, seed=1))


@pytest.fixture
def other_classes() -> Callable[[str], GoldenModel]:
    """A function that returns a golden model for five classes instead of three."""
    return lambda name: golden_model(name, num_classes=5)


@pytest.fixture(scope="session", params=["mobilenet_v2_fpnlite", "resnet50"])
def golden(request: pytest.FixtureRequest) -> GoldenModel:
    """Each small golden model; other tests may have changed its weights."""
    return golden_model(request.param)


@pytest.fixture(scope="session")
def lite() -> GoldenModel:
    """The small FPNLite model; other tests may have changed its weights."""
    return golden_model("mobilenet_v2_fpnlite")
