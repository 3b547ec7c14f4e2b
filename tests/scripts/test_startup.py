"""A command loads what it needs and no more: told by the modules that are there when it ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sweepbox.scripts.cli import COMMANDS

ROOT = Path(__file__).parents[2]
ENGINE = {"tensorflow", "keras", "jax", "torch", "h5py"}
SWEEPING = {"ray", "optuna", "sqlalchemy"}
TABLES = {"pyarrow", "pandas"}
LIGHT = {"numpy", "PIL", "lxml", "google.protobuf", "yaml", "rich", "typer"}
WATCHED = sorted(ENGINE | SWEEPING | TABLES | LIGHT)
CODE = """
import json, os, sys

from sweepbox.scripts.cli import main

names, commands = json.loads(sys.argv[1])
assert not set(names) & set(sys.modules)
for command in commands:
    if child := os.fork():
        os.waitpid(child, 0)
        continue
    status = None
    try:
        main(command)
    except SystemExit as exit:
        status = exit.code
    print("LOADED " + json.dumps([status, [name for name in names if name in sys.modules]]), flush=True)
    os._exit(0)
"""
Command = tuple[object, ...]


def loaded(*commands: Command) -> list[tuple[int, set[str]]]:
    """Return the status of each command and which of the packages it has loaded at its end.

    One interpreter that has loaded nothing forks for each command: no command sees what another one loads.
    """
    given = json.dumps([WATCHED, [[str(argument) for argument in command] for command in commands]])
    ended = subprocess.run([sys.executable, "-c", CODE, given], capture_output=True, text=True, cwd=ROOT)
    assert ended.returncode == 0, ended.stderr
    lines = [line.removeprefix("LOADED ") for line in ended.stdout.splitlines() if line.startswith("LOADED ")]
    assert len(lines) == len(commands)
    return [(status, set(names)) for status, names in map(json.loads, lines)]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with drawn `scenes`, a sweep that was begun (`run`) and its sweep file."""
    import yaml

    from sweepbox.detection.data.dataset.prepare import PrepareSettings, prepare
    from sweepbox.detection.data.sample import draw_sample
    from sweepbox.tuning.sweep.create import SweepRequest, create_sweep

    home = tmp_path_factory.mktemp("startup")
    draw_sample(home / "scenes", images=8, size=96, seed=1)
    prepare(
        home / "scenes", home / "records", PrepareSettings(validation_fraction=0.3, test_fraction=0, seed=1)
    )
    spec = {
        "name": "tiny",
        "base_config": str(ROOT / "experiments" / "configs" / "quickstart.config"),
        "data": str(home / "records"),
        "space": {"learning_rate": {"log_uniform": [1e-4, 1e-2]}},
        "objective": {"metric": "mAP"},
        "trials": 2,
        "training": {"steps": 6, "evaluate_every": 2},
    }
    (home / "sweep.yaml").write_text(yaml.safe_dump(spec))
    create_sweep(SweepRequest(home / "sweep.yaml", out=home / "run"))
    return home


def test_the_overview_loads_nothing() -> None:
    assert loaded(("--help",), ("--version",)) == [(0, set()), (0, set())]


def test_the_help_of_a_command_loads_its_parser_only() -> None:
    outcomes = loaded(*((verb, "--help") for verb in COMMANDS))
    assert dict(zip(COMMANDS, outcomes, strict=True)) == dict.fromkeys(COMMANDS, (0, {"typer"}))


def test_a_status_is_told_and_pictures_examined_and_drawn_without_an_engine_and_ray(folders: Path) -> None:
    commands = (
        ("status", folders / "run"),
        ("doctor", folders / "scenes"),
        ("sample", folders / "more", "--images", "1"),
    )
    for command, (status, modules) in zip(commands, loaded(*commands), strict=True):
        assert (command[0], status) == (command[0], 0)
        assert (command[0], modules & (ENGINE | SWEEPING | TABLES)) == (command[0], set())


def test_bad_input_is_told_before_anything_heavy_is_loaded(folders: Path) -> None:
    missing = folders / "missing"
    commands = (
        ("train", missing, "--out", folders / "out"),
        ("sweep", missing, "--out", folders / "out"),
        ("prepare", missing, folders / "out"),
        ("export", missing, folders / "out"),
        ("export", folders / "run", folders / "out"),
        ("evaluate", missing, folders / "scenes"),
        ("detect", missing, folders / "scenes"),
        ("status", missing),
    )
    for command, (status, modules) in zip(commands, loaded(*commands), strict=True):
        assert (command[0], status) == (command[0], 2)
        assert (command[0], modules & (ENGINE | SWEEPING)) == (command[0], set())
