"""The full state of a training run: a checkpoint folder with what it takes to go on from it exactly.

* `optimizer.npz`: the optimizer's slots
* `state.json`: {"optimizer", "records"}: whose slots they are, and the records whose order continues
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from detection.checkpoint.arrays import Arrays, load_arrays, save_arrays
from detection.checkpoint.folder import CheckpointFacts, fill_checkpoint
from detection.config import pipeline_pb2 as pb
from detection.core.errors import TrainingError
from detection.core.files import atomic_directory, write_json
from detection.core.labels import LabelMap

OPTIMIZER_FILE = "optimizer.npz"
STATE_FILE = "state.json"


@dataclass(frozen=True)
class ResumeFacts:
    """What must be equal for a run to go on: the optimizer's name and the records' fingerprint."""

    optimizer: str
    records: str


def write_state(
    directory: Path,
    *,
    network: Any,
    config: pb.TrainEvalPipelineConfig,
    label_map: LabelMap,
    facts: CheckpointFacts,
    slots: Mapping[str, NDArray[Any]],
    resume: ResumeFacts,
) -> None:
    """Write a checkpoint folder with the training state; it appears whole, in the place of an old one."""
    with atomic_directory(directory) as folder:
        fill_checkpoint(folder, network=network, config=config, label_map=label_map, facts=facts)
        save_arrays(slots, folder / OPTIMIZER_FILE)
        write_json(folder / STATE_FILE, asdict(resume))


def read_state(directory: Path) -> tuple[ResumeFacts, Arrays]:
    """Return what must be equal, and the slots; TrainingError where the folder holds no training state."""
    path = directory / STATE_FILE
    try:
        resume = ResumeFacts(**json.loads(path.read_text()))
    except FileNotFoundError:
        raise TrainingError(
            f"{directory}: holds no training state to go on from ({STATE_FILE} is missing)"
        ) from None
    except (ValueError, TypeError) as error:
        raise TrainingError(f"{path}: damaged ({error}); start the run again") from error
    return resume, load_arrays(directory / OPTIMIZER_FILE)
