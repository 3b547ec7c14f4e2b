import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def sweepbox(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_draws_scenes_and_refuses_a_full_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = sweepbox("sweepbox.scripts.sample", out, "--images", 2, "--size", 96, "--seed", 3)
    assert first.returncode == 0, first.stderr
    assert f"drew 2 scenes into {out}" in first.stdout
    assert len(list((out / "images").glob("*.jpg"))) == len(list((out / "annotations").glob("*.xml"))) == 2
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    second = sweepbox("sweepbox.scripts.sample", out)
    assert second.returncode == 2
    assert second.stderr == f"error: {out}: the folder is not empty; empty it or choose another\n"
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
