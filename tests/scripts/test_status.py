import shutil
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


def test_reading_a_sweep_loads_no_numbers_and_no_configs(tmp_path: Path) -> None:
    run = shutil.copytree(ROOT / "tests" / "tuning" / "storage" / "formats" / "format_1", tmp_path / "run")
    names = ("numpy", "google.protobuf", "filelock", "pyarrow", "tensorflow", "keras", "ray", "optuna")
    code = (
        "import sys\n"
        "from sweepbox.scripts.cli import main\n"
        "try:\n"
        "    main(['status', sys.argv[1]])\n"
        "finally:\n"
        f"    sys.stderr.write(str([name for name in {names} if name in sys.modules]))\n"
    )
    told = subprocess.run([sys.executable, "-c", code, run], capture_output=True, text=True, cwd=ROOT)
    assert told.returncode == 0, told.stderr
    assert told.stderr.strip() == "[]"
    assert "3/3 trials" not in told.stdout
    assert "not running; to resume: sweepbox sweep " in told.stdout
