"""The full state of a training run: files in a checkpoint folder from which a run resumes exactly.

* `optimizer.npz`: the optimizer's slots
* `state.json`: {"optimizer", "records"}, see `ResumeMetadata`
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from sweepbox.detection.checkpoint.arrays import Arrays, load_arrays
from sweepbox.detection.core.errors import TrainingError
from sweepbox.detection.core.files import write_json
from sweepbox.detection.core.json_text import read_json

OPTIMIZER_FILE = "optimizer.npz"
STATE_FILE = "state.json"


@dataclass(frozen=True)
class ResumeMetadata:
    """Values that must be the same for a run to resume.

    Attributes:
        optimizer: The name of the optimizer.
        records: The fingerprint of the training records.
    """

    optimizer: str
    records: str


def write_resume_metadata(resume: ResumeMetadata, folder: Path) -> None:
    """Write `state.json` into a checkpoint folder."""
    write_json(folder / STATE_FILE, asdict(resume))


def read_state(directory: Path) -> tuple[ResumeMetadata, Arrays]:
    """Return the resume metadata and the optimizer's slots of a checkpoint folder.

    Raises:
        TrainingError: The folder has no training state, or it is damaged.
    """
    path = directory / STATE_FILE
    try:
        resume = ResumeMetadata(**read_json(path))
    except FileNotFoundError:
        raise TrainingError(
            f"{directory}: has no training state to resume from ({STATE_FILE} is missing)"
        ) from None
    except (ValueError, TypeError) as error:
        raise TrainingError(f"{path}: damaged ({error}); start the run again") from error
    return resume, load_arrays(directory / OPTIMIZER_FILE)
