"""The commands that steer a sweep and free its disk."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from sweepbox.detection.core.errors import SweepboxError
from sweepbox.scripts import add, clean, stop
from sweepbox.scripts.cli import COMMANDS
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from tests.conftest import Invoke
from tests.tiny import QUICKSTART, TINY


@pytest.fixture
def folder(records: Path, tmp_path: Path) -> SweepFolder:
    """A new sweep."""
    spec: dict[str, Any] = {
        "name": "tiny",
        "base_config": str(QUICKSTART),
        "data": str(records),
        "set": TINY,
        "space": {"learning_rate": {"log_uniform": [1e-4, 1e-2]}},
        "trials": 2,
        "training": {"steps": 6},
    }
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump(spec))
    return create_sweep(SweepRequest(tmp_path / "sweep.yaml", out=tmp_path / "run"))


def test_they_are_listed() -> None:
    assert {"add", "stop", "clean"} < set(COMMANDS)


def test_a_point_is_added(folder: SweepFolder, invoke: Invoke) -> None:
    done = invoke(add.command, folder.path, "--set", "learning_rate=0.003", "--set", "batch_size=3")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("added: learning_rate = 0.003, batch_size = 3; where no machine runs")
    (request,) = folder.requests.iterdir()
    assert json.loads(request.read_text())["point"] == {"learning_rate": 0.003, "batch_size": 3}


def test_a_sweep_is_stopped(folder: SweepFolder, invoke: Invoke) -> None:
    done = invoke(stop.command, folder.path)
    assert done.output.replace("\n", "") == f"asked to stop; to resume it afterwards: {folder.resume_command}"
    assert folder.stop_reason() is not None


def test_the_freed_space_is_told(folder: SweepFolder, records: Path, invoke: Invoke) -> None:
    folder.ray.mkdir()
    (folder.ray / "events").write_bytes(b"x" * 2_500_000)
    done = invoke(clean.command, folder.path)
    assert done.output == f"{folder.path}: 2.5 MB freed\n"


@pytest.mark.parametrize(
    ("command", "arguments", "words"),
    [
        (add.command, ["{run}", "--set", "lerning_rate=1"], "lerning_rate"),
        (add.command, ["{run}"], "no setting is given"),
        (stop.command, ["{run}", "0009"], "no trial 0009"),
        (stop.command, ["{run}/absent"], "no sweep here"),
        (clean.command, [], "name a sweep's folder, a folder of records with --cache, or --fetched"),
        (clean.command, ["--cache", "{run}/absent"], "there is no such folder"),
    ],
)
def test_what_cannot_be_done_is_one_error(
    folder: SweepFolder, invoke: Invoke, command: Callable[..., None], arguments: list[str], words: str
) -> None:
    result = invoke(command, *(argument.format(run=folder.path) for argument in arguments))
    assert isinstance(result.exception, SweepboxError)
    assert words in str(result.exception)
