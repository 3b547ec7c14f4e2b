"""A checkpoint folder: one detector, for export and for the next run.

* `pipeline.config`: the config of the run, with all edits
* `label_map.pbtxt`: the classes
* `weights.npz`: all weights, by variable path
* `metrics.json`: {"step", "metrics", "seed", "precision"}
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sweepbox.detection.checkpoint.files import CONFIG_FILE, METRICS_FILE, WEIGHTS_FILE
from sweepbox.detection.checkpoint.weights import save_weights
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.label_map import LABEL_MAP_FILE, save_label_map
from sweepbox.detection.config.load import save_config
from sweepbox.detection.core.errors import TrainingError
from sweepbox.detection.core.files import atomic_directory, write_json
from sweepbox.detection.core.json_text import read_json
from sweepbox.detection.core.labels import LabelMap


@dataclass(frozen=True)
class CheckpointMetadata:
    """How a checkpoint was made.

    Attributes:
        step: The number of finished training steps.
        metrics: The metrics at this step; empty if the checkpoint was saved without an evaluation.
        seed: The seed of the run.
        precision: The precision of the run, by name.
    """

    step: int
    metrics: dict[str, float]
    seed: int
    precision: str


def write_checkpoint(
    directory: Path,
    *,
    network: Any,
    config: pb.TrainEvalPipelineConfig,
    label_map: LabelMap,
    metadata: CheckpointMetadata,
) -> None:
    """Write a checkpoint folder atomically, replacing an existing one."""
    with atomic_directory(directory) as folder:
        save_weights(network, folder / WEIGHTS_FILE)
        write_checkpoint_metadata(folder, config=config, label_map=label_map, metadata=metadata)


def write_checkpoint_metadata(
    folder: Path, *, config: pb.TrainEvalPipelineConfig, label_map: LabelMap, metadata: CheckpointMetadata
) -> None:
    """Write all files of a checkpoint except its weights into an existing folder."""
    save_config(config, folder / CONFIG_FILE)
    save_label_map(label_map, folder / LABEL_MAP_FILE)
    write_json(folder / METRICS_FILE, asdict(metadata))


def read_checkpoint_metadata(directory: Path) -> CheckpointMetadata:
    """Return the metadata of a checkpoint folder.

    Raises:
        TrainingError: The metadata file is missing or damaged.
    """
    path = directory / METRICS_FILE
    try:
        return CheckpointMetadata(**read_json(path))
    except FileNotFoundError:
        raise TrainingError(f"{directory}: not a checkpoint folder, {METRICS_FILE} is missing") from None
    except (ValueError, TypeError) as error:
        raise TrainingError(f"{path}: damaged ({error}); use another checkpoint") from error
