import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_folder_without_a_sweep_is_one_line_and_status_2(tmp_path: Path) -> None:
    for options in ([], ["--json"]):
        command = [sys.executable, "-m", "sweepbox.scripts.status", str(tmp_path), *options]
        ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        assert ended.returncode == 2
        assert ended.stdout == ""
        assert ended.stderr.strip().endswith("give the folder that `sweepbox sweep` wrote")
        assert len(ended.stderr.splitlines()) == 1
