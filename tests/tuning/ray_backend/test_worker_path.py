"""What stands beside a user's script or notebook is not imported by Ray's workers."""

import subprocess
import sys
from pathlib import Path

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
        return sys.path, sys.modules["sweepbox"].__file__

    folders, package = ray.get(path.remote())
    print("FOLDERS", *folders, sep=":")
"""


def _folders_of_a_worker(folder: Path, who: str) -> list[str]:
    (folder / "driver.py").write_text(DRIVER)
    ended = subprocess.run(
        [sys.executable, "driver.py", who], cwd=folder, capture_output=True, text=True, timeout=240
    )
    assert ended.returncode == 0, ended.stderr
    [line] = [line for line in ended.stdout.splitlines() if line.startswith("FOLDERS:")]
    return line.split(":")[1:]


def test_a_worker_does_not_see_the_folder_of_the_driver(tmp_path: Path) -> None:
    assert str(tmp_path) not in _folders_of_a_worker(tmp_path, "sweepbox")


def test_a_worker_of_the_users_own_ray_does_not_see_it_either(tmp_path: Path) -> None:
    assert str(tmp_path) not in _folders_of_a_worker(tmp_path, "user")
