"""A pipe or a device where a command takes a file is refused in one line, and is never read."""

import os
import signal
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.conftest import Invoke
from tests.tiny import QUICKSTART

WAIT_S = 60

COMMANDS = {
    "train CONFIG": ["train", "{special}", "--out", "{new}"],
    "train --initial-weights": [
        "train", QUICKSTART, "--data", "{records}", "--initial-weights", "{special}.h5", "--out", "{new}",
    ],
    "train --initial-weights of a checkpoint": [
        "train", QUICKSTART, "--data", "{records}", "--initial-weights", "{special}", "--out", "{new}",
    ],
    "sweep SPEC": ["sweep", "{special}", "--out", "{new}"],
    "doctor --label-map": ["doctor", "{photographs}", "--label-map", "{special}"],
    "prepare --label-map": ["prepare", "{photographs}", "{new}", "--label-map", "{special}"],
    "evaluate DATA": ["evaluate", "{model}", "{special}"],
    "evaluate --label-map": ["evaluate", "{model}", "{records}", "--label-map", "{special}"],
    "detect IMAGES": ["detect", "{model}", "{special}", "--out", "{new}"],
    "detect --label-map": [
        "detect", "{model}", "{photographs}/images", "--label-map", "{special}", "--out", "{new}",
    ],
}  # fmt: skip


@pytest.fixture
def _no_endless_reading() -> Iterator[None]:
    """Raise TimeoutError in the test if it reads without an end."""

    def ring(*_given: object) -> None:
        raise TimeoutError("it reads what has no end")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(WAIT_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def names(tmp_path: Path, records: Path, photographs: Path, light_export: Path) -> dict[str, Path]:
    """What the arguments of the commands name."""
    return {
        "special": tmp_path / "special",
        "new": tmp_path / "new",
        "records": records,
        "photographs": photographs,
        "model": light_export,
    }


@pytest.mark.usefixtures("_no_endless_reading")
@pytest.mark.parametrize("kind", ["pipe", "device"])
@pytest.mark.parametrize("case", COMMANDS)
def test_only_regular_files_are_read(invoke: Invoke, names: dict[str, Path], case: str, kind: str) -> None:
    for path in (names["special"], names["special"].with_suffix(".h5")):
        if kind == "pipe":
            os.mkfifo(path)
        else:
            path.symlink_to("/dev/zero")
    verb, *given = [str(part).format(**names) for part in COMMANDS[case]]
    result = invoke(import_module(f"sweepbox.scripts.{verb}").command, *given)
    assert result.exit_code != 0
    assert not isinstance(result.exception, TimeoutError)
    message = result.stderr if isinstance(result.exception, SystemExit) else str(result.exception)
    assert "special" in message
    assert isinstance(result.exception, SystemExit) or "\n" not in message
    assert not names["new"].exists()
