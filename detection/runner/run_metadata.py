"""`run.json`: the settings outside the config that must be the same when a run is resumed."""

from dataclasses import asdict, dataclass
from pathlib import Path

from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.core.files import write_json
from sweepbox.detection.core.json_text import read_json

RUN_FILE = "run.json"


@dataclass(frozen=True)
class RunMetadata:
    """The seed of a run, and the names of its precision and backend."""

    seed: int
    precision: str
    backend: str


def read_run_metadata(directory: Path) -> RunMetadata | None:
    """Return the metadata of the run in a folder, or None if there are none.

    Raises:
        UsageError: The file is damaged.
    """
    path = directory / RUN_FILE
    try:
        return RunMetadata(**read_json(path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, TypeError) as error:
        raise UsageError(f"{path}: damaged ({error}); start a new run in another folder") from None


def write_run_metadata(metadata: RunMetadata, directory: Path) -> None:
    """Write the metadata into the folder of the run."""
    write_json(directory / RUN_FILE, asdict(metadata))


def check_run_metadata(directory: Path, saved: RunMetadata, requested: RunMetadata) -> None:
    """Raise UsageError, naming the option to use, if the saved and the requested metadata differ."""
    requested_values = asdict(requested)
    for name, value in asdict(saved).items():
        if value != requested_values[name]:
            raise UsageError(
                f"{directory}: the run there has {name} {value}, not {requested_values[name]}; resume with "
                f"--{name} {value}"
            )
