"""Where the checkpoint to export stands."""

from pathlib import Path

from detection.checkpoint.folder import WEIGHTS_FILE
from detection.core.errors import ModelError

BEST = "best"


def find_checkpoint(source: Path) -> Path:
    """Return the checkpoint folder that `source` is, or the best one of the training run that it is.

    ModelError where it is neither.
    """
    for folder in (source / BEST, source):
        if (folder / WEIGHTS_FILE).is_file():
            return folder
    problem = f"no {WEIGHTS_FILE} in it or in its {BEST}/" if source.is_dir() else "there is no such folder"
    raise ModelError(
        f"{source}: {problem}; give the folder of a sweep, a run that was evaluated, or a checkpoint"
    )
