"""The checkpoint to export: finds it, checks its files and loads its detector."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sweepbox.detection.checkpoint.files import WEIGHTS_FILE
from sweepbox.detection.checkpoint.weights import load_weights
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ModelError

if TYPE_CHECKING:
    from sweepbox.detection.model.ssd import SsdDetector

BEST = "best"


def find_checkpoint(source: Path) -> Path:
    """Return the best checkpoint folder of a training run, or `source` itself if it is a checkpoint folder.

    Raises:
        ModelError: `source` is neither.
    """
    for folder in (source / BEST, source):
        if (folder / WEIGHTS_FILE).is_file():
            return folder
    problem = f"no {WEIGHTS_FILE} in it or in its {BEST}/" if source.is_dir() else "there is no such folder"
    raise ModelError(
        f"{source}: {problem}; name the folder of a sweep, of an evaluated run, or of a checkpoint"
    )


def check_files(checkpoint: Path, names: Iterable[str]) -> None:
    """Raise ModelError if a file is missing in a checkpoint folder."""
    for name in names:
        if not (checkpoint / name).is_file():
            raise ModelError(
                f"{checkpoint}: {name} is missing, so it is not a checkpoint folder; name another folder"
            )


def load_detector(checkpoint: Path, config: pb.TrainEvalPipelineConfig) -> "SsdDetector":
    """Return the detector of a checkpoint folder with its weights, in float32."""
    from sweepbox.detection.model.ssd import build_detector

    detector = build_detector(config.model.ssd)
    load_weights(detector.network, checkpoint / WEIGHTS_FILE)
    return detector
