"""What a run keeps to from its first step to its last, whichever process goes on with it: `run.json`."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.core.files import write_json

RUN_FILE = "run.json"


@dataclass(frozen=True)
class RunFacts:
    """The run's seed, and the precision and backend that it computes with, by their names."""

    seed: int
    precision: str
    backend: str


def read_run_facts(directory: Path) -> RunFacts | None:
    """Return the facts of the run in a folder, None where it has none; UsageError where they are damaged."""
    path = directory / RUN_FILE
    try:
        return RunFacts(**json.loads(path.read_text()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, TypeError) as error:
        raise UsageError(f"{path}: damaged ({error}); start a new run in another folder") from None


def write_run_facts(facts: RunFacts, directory: Path) -> None:
    """Write the facts into the run's folder."""
    write_json(directory / RUN_FILE, asdict(facts))


def check_run_facts(directory: Path, there: RunFacts, now: RunFacts) -> None:
    """Raise UsageError, naming the option to give, where a run is not the one that it is taken for."""
    asked = asdict(now)
    for name, value in asdict(there).items():
        if value != asked[name]:
            raise UsageError(
                f"{directory}: the run there has {name} {value}, not {asked[name]}; resume with "
                f"--{name} {value}"
            )
