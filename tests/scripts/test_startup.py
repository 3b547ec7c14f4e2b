"""A command loads what it needs and no more: told by the modules that are there when it ends."""

import subprocess
import sys
from pathlib import Path

import pytest

from sweepbox.scripts.cli import COMMANDS

ROOT = Path(__file__).parents[2]
ENGINE = {"tensorflow", "keras", "jax", "torch", "h5py"}
SWEEPING = {"ray", "optuna", "sqlalchemy"}
TABLES = {"pyarrow", "pandas"}
LIGHT = {"numpy", "PIL", "lxml", "google.protobuf", "yaml", "rich"}
CODE = """
import atexit, sys
names = {names!r}
atexit.register(lambda: sys.stderr.write("LOADED " + " ".join(sorted(names & set(sys.modules)))))
from sweepbox.scripts.cli import main
main(sys.argv[1:])
"""


def loaded(*arguments: object) -> tuple[int, set[str]]:
    """Return the status of a command and which of the packages it has loaded at its end."""
    names = ENGINE | SWEEPING | TABLES | LIGHT | {"typer"}
    ended = subprocess.run(
        [sys.executable, "-c", CODE.format(names=names), *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return ended.returncode, set(ended.stderr.rpartition("LOADED ")[2].split())


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with drawn `scenes`, a sweep that was begun (`run`) and its sweep file."""
    import yaml

    from sweepbox.detection.data.dataset.prepare import PrepareSettings, prepare
    from sweepbox.detection.data.sample import draw_sample
    from sweepbox.tuning.sweep.create import SweepRequest, create_sweep

    home = tmp_path_factory.mktemp("startup")
    draw_sample(home / "scenes", images=8, size=96, seed=1)
    prepare(home / "scenes", home / "records", PrepareSettings(validation_fraction=0.3, seed=1))
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
    assert loaded("--help") == (0, set())
    assert loaded("--version") == (0, set())


@pytest.mark.parametrize("verb", COMMANDS)
def test_the_help_of_a_command_loads_its_parser_only(verb: str) -> None:
    assert loaded(verb, "--help") == (0, {"typer"})


def test_the_status_of_a_sweep_needs_no_engine_and_no_ray(folders: Path) -> None:
    status, modules = loaded("status", folders / "run")
    assert status == 0
    assert not modules & (ENGINE | SWEEPING | TABLES)


def test_pictures_are_examined_and_drawn_without_an_engine(folders: Path) -> None:
    for command in (("doctor", folders / "scenes"), ("sample", folders / "more", "--images", "1")):
        status, modules = loaded(*command)
        assert status == 0
        assert not modules & (ENGINE | SWEEPING | TABLES)


def test_bad_input_is_told_before_anything_heavy_is_loaded(folders: Path) -> None:
    missing = folders / "missing"
    for command in (
        ("train", missing, "--out", folders / "out"),
        ("sweep", missing, "--out", folders / "out"),
        ("prepare", missing, folders / "out"),
        ("export", missing, folders / "out"),
        ("export", folders / "run", folders / "out"),
        ("evaluate", missing, folders / "scenes"),
        ("detect", missing, folders / "scenes"),
        ("status", missing),
    ):
        status, modules = loaded(*command)
        assert (command[0], status) == (command[0], 2)
        assert (command[0], modules & (ENGINE | SWEEPING)) == (command[0], set())
