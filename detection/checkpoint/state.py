"""The full state of a training run: a checkpoint folder with what it takes to go on from it exactly.

* `optimizer.npz`: the optimizer's slots
* `state.json`: {"optimizer", "records"}: whose slots they are, and the records whose order continues
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from sweepbox.detection.checkpoint.arrays import Arrays, load_arrays
from sweepbox.detection.core.errors import TrainingError
from sweepbox.detection.core.files import write_json

OPTIMIZER_FILE = "optimizer.npz"
STATE_FILE = "state.json"


@dataclass(frozen=True)
class ResumeFacts:
    """What must be equal for a run to go on: the optimizer's name and the records' fingerprint."""

    optimizer: str
    records: str


def write_resume_facts(resume: ResumeFacts, folder: Path) -> None:
    """Write what must be equal into a checkpoint folder."""
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
