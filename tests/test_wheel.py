"""The package as it is installed: in a folder that holds modules of the same names as its parts."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sweepbox as sb

ROOT = Path(__file__).parents[1]
SOURCES = ("sweepbox", "detection", "tuning", "scripts")
FILES = ("pyproject.toml", "README.md", "LICENSE")
SHADOWS = ("scripts/__init__.py", "detection/__init__.py", "tuning/__init__.py", "keras.py")

NOTEBOOK = """
import pathlib, sys
import sweepbox as sb

assert sys.argv[1] in sb.__file__, sb.__file__
spec = sb.SweepSpec(
    name="tiny",
    base_config=pathlib.Path("pipeline.config"),
    data="records",
    set={"batch_size": 2, "warmup_steps": 0},
    space={"learning_rate": sb.log_uniform(1e-4, 1e-2)},
    objective=sb.ObjectiveSpec(metric="loss/total"),
    scheduler=sb.SchedulerSpec(type="none"),
    training=sb.TrainingSpec(steps=2, evaluate_every=2),
    trials=1,
)
outcome = sb.Sweep(spec).run(ray_config=sb.RayConfig(cpus=1))
print([str(trial.state) for trial in outcome.state.trials])
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the wheel is installed into."""
    home = tmp_path_factory.mktemp("wheel")
    source = home / "source"
    source.mkdir()
    for name in SOURCES:
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(home), str(source)]
    subprocess.run([*pip, *build], check=True)
    [wheel] = home.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", str(home / "site"), str(wheel)], check=True)
    return home / "site"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's folder with modules that must not be imported."""
    for name in SHADOWS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"raise RuntimeError('imported {name}')\n")
    return tmp_path


def _run(installed: Path, folder: Path, *command: str) -> str:
    """Run a command in the user's folder with the installed package; return what it prints."""
    ended = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_the_wheel_installs_one_package(installed: Path) -> None:
    names = sorted(path.name for path in installed.iterdir() if path.name != "bin")
    assert names == ["sweepbox", f"sweepbox-{sb.__version__}.dist-info"]
    for part in ("py.typed", "detection/config/pipeline.proto", "tuning/api/sweep.py", "scripts/cli.py"):
        assert (installed / "sweepbox" / part).is_file()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_users_own_modules_shadow_nothing(installed: Path, folder: Path) -> None:
    def sweepbox(*arguments: str) -> str:
        return _run(installed, folder, sys.executable, str(installed / "bin" / "sweepbox"), *arguments)

    sweepbox("sample", "scenes", "--images", "8", "--size", "64")
    sweepbox("prepare", "scenes", "records", "--validation-fraction", "0.3")
    shutil.copy(ROOT / "experiments" / "configs" / "quickstart.config", folder / "pipeline.config")
    (folder / "notebook.py").write_text(NOTEBOOK)
    told = _run(installed, folder, sys.executable, "notebook.py", str(installed))
    assert told.strip().splitlines()[-1] == "['finished']"
    sweepbox("export", "runs/tiny", "model")
    sweepbox("detect", "model", "scenes/images", "--out", "found")
    assert (folder / "found" / "detections.json").is_file()
