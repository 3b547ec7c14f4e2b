import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import Result

from sweepbox.detection.core.errors import SweepboxError
from sweepbox.scripts.detect import command

ROOT = Path(__file__).parents[2]
Invoke = Callable[..., Result]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    random = np.random.default_rng(2)
    for name in ("a.png", "b.jpg"):
        Image.fromarray(random.integers(0, 256, (60, 90, 3), np.uint8)).save(folder / name)
    return folder


def test_detects_in_a_folder(light_export: Path, pictures: Path, tmp_path: Path, invoke: Invoke) -> None:
    out = tmp_path / "out"
    result = invoke(command, light_export, pictures, "--out", out, "--threshold", 0.6)
    assert result.exit_code == 0, result.exception
    assert sorted(path.name for path in out.iterdir()) == ["a.png", "b.jpg", "detections.json"]
    assert "with_mask" in result.stdout
    assert "b.jpg" in result.stdout
    for found in json.loads((out / "detections.json").read_text()):
        assert found["score"] >= 0.6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["MODEL", "PICTURES/absent.jpg"], "no such image"),
        (["MODEL", "PICTURES/*.gif"], "no file matches"),
        (["PICTURES", "PICTURES"], "label_map.pbtxt is missing"),
        (["PICTURES", "PICTURES", "--label-map", "MODEL/label_map.pbtxt"], "no saved_model.pb in it"),
        (["MODEL", "PICTURES", "--label-map", "PICTURES/a.png"], "a.png"),
    ],
)
def test_bad_input_is_told_and_nothing_is_written(
    light_export: Path, pictures: Path, invoke: Invoke, arguments: list[str], message: str
) -> None:
    out = pictures.parent / "out"
    given = [text.replace("MODEL", str(light_export)).replace("PICTURES", str(pictures)) for text in arguments]
    result = invoke(command, *given, "--out", out)
    assert isinstance(result.exception, SweepboxError)
    assert message in str(result.exception)
    assert "\n" not in str(result.exception)
    assert not out.exists()


def test_a_threshold_out_of_range_is_refused(light_export: Path, pictures: Path, invoke: Invoke) -> None:
    result = invoke(command, light_export, pictures, "--out", pictures.parent / "out", "--threshold", 50)
    assert result.exit_code == 2
    assert "--threshold" in result.stderr


@pytest.mark.slow
def test_the_program_tells_bad_input_in_one_line(light_export: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"torn")
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "sweepbox.scripts.detect",
            light_export,
            tmp_path / "bad.jpg",
            "--out",
            tmp_path / "out",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 2
    assert result.stderr.startswith("error: ")
    assert "bad.jpg" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["bad.jpg"]
