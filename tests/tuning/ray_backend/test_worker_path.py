"""What stands beside a user's script or notebook is not imported by Ray's workers."""

import subprocess
import sys
from pathlib import Path

import pytest

DRIVER = """
import sys
from sweepbox.tuning.ray_backend.cluster import arrange_environment, ray_session

arrange_environment(None)
import ray

if sys.argv[1] == "user":
    ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False)
with ray_session(address=None, cpus=1):

    @ray.remote
    def path():
        import sys

        from sweepbox.tuning.ray_backend.worker_path import drop_driver_folders

        drop_driver_folders()
        import importlib.util

        import numpy

        return sys.path, numpy.__file__, importlib.util.find_spec("keras").origin

    folders, *modules = ray.get(path.remote())
    print("FOLDERS", *folders, sep=":")
    print("MODULES", *modules, sep=":")
"""
SHADOWS = ("keras", "numpy", "tensorflow", "pyarrow", "random")


def _of_a_worker(folder: Path, who: str) -> tuple[list[str], list[str]]:
    """Return the import path of a worker, and the files of the modules that it imports.

    The driver's working directory and the folder of its script both have modules that end a process.
    """
    script, cwd = folder / "script", folder / "cwd"
    for place in (script, cwd):
        place.mkdir()
        for name in SHADOWS:
            (place / f"{name}.py").write_text("raise SystemExit('a module of the user')\n")
    (script / "driver.py").write_text(DRIVER)
    command = [sys.executable, "-P", script / "driver.py", who]  # -P: what the driver imports is its own affair
    ended = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=240)
    assert ended.returncode == 0, ended.stderr
    lines = {line.split(":")[0]: line.split(":")[1:] for line in ended.stdout.splitlines()}
    return lines["FOLDERS"], lines["MODULES"]


@pytest.mark.slow
@pytest.mark.parametrize("who", ["sweepbox", "user"])
def test_a_worker_imports_nothing_from_the_folders_of_the_driver(tmp_path: Path, who: str) -> None:
    """Neither in a Ray of ours nor in one that the user has started before."""
    folders, modules = _of_a_worker(tmp_path, who)
    assert not [folder for folder in folders if folder.startswith(str(tmp_path))]
    assert len(modules) == 2
    assert not [module for module in modules if module.startswith(str(tmp_path))]
