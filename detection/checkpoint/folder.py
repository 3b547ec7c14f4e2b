"""A checkpoint folder: what export and the next run need to know of one detector.

* `pipeline.config`: the config of the run, with all edits
* `label_map.pbtxt`: the classes
* `weights.npz`: all weights by variable path
* `metrics.json`: {"step", "metrics", "seed", "precision"}
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sweepbox.detection.checkpoint.weights import save_weights
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.label_map import LABEL_MAP_FILE, save_label_map
from sweepbox.detection.config.load import save_config
from sweepbox.detection.core.errors import TrainingError
from sweepbox.detection.core.files import atomic_directory, write_json
from sweepbox.detection.core.labels import LabelMap

CONFIG_FILE = "pipeline.config"
WEIGHTS_FILE = "weights.npz"
METRICS_FILE = "metrics.json"


@dataclass(frozen=True)
class CheckpointFacts:
    """Where a checkpoint comes from; `metrics` is empty where it was saved before an evaluation."""

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
    facts: CheckpointFacts,
) -> None:
    """Write a checkpoint folder; it appears whole, in the place of an old one."""
    with atomic_directory(directory) as folder:
        save_weights(network, folder / WEIGHTS_FILE)
        describe_checkpoint(folder, config=config, label_map=label_map, facts=facts)


def describe_checkpoint(
    folder: Path, *, config: pb.TrainEvalPipelineConfig, label_map: LabelMap, facts: CheckpointFacts
) -> None:
    """Write all files of a checkpoint but its weights into an existing folder."""
    save_config(config, folder / CONFIG_FILE)
    save_label_map(label_map, folder / LABEL_MAP_FILE)
    write_json(folder / METRICS_FILE, asdict(facts))


def read_facts(directory: Path) -> CheckpointFacts:
    """Return the facts of a checkpoint folder; TrainingError where they are missing or damaged."""
    path = directory / METRICS_FILE
    try:
        return CheckpointFacts(**json.loads(path.read_text()))
    except FileNotFoundError:
        raise TrainingError(f"{directory}: not a checkpoint folder, {METRICS_FILE} is missing") from None
    except (ValueError, TypeError) as error:
        raise TrainingError(f"{path}: damaged ({error}); take another checkpoint") from error
