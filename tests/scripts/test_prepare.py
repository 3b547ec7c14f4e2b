import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from sweepbox.detection.data.sample import draw_sample

RunCommand = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def run(run_command: RunCommand) -> RunCommand:
    """The command `prepare` with some arguments."""
    return partial(run_command, "prepare")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    draw_sample(tmp_path / "data", images=6, size=96)
    return tmp_path / "data"


def test_prepares_and_sums_up(run: RunCommand, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    status, printed, error = run(data, out, "--validation-fraction", 0.34, "--seed", 2, "--shards", 1)
    assert status == 0, error
    assert "with_mask" in printed
    assert "0 boxes dropped" in printed
    assert sorted(path.name for path in out.iterdir()) == [
        "dataset.json", "label_map.pbtxt", "test-00000-of-00001.tfrecord", "train-00000-of-00001.tfrecord",
        "validation-00000-of-00001.tfrecord",
    ]  # fmt: skip
    described = json.loads((out / "dataset.json").read_text())
    assert (described["seed"], described["test_fraction"]) == (2, 0.15)
    heading = next(line for line in printed.splitlines() if "validation" in line)
    assert heading.index("train") < heading.index("validation") < heading.index("test")


@pytest.mark.slow
def test_bad_input_is_one_line_and_leaves_nothing(run: RunCommand, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    picture = data / "images" / "scene_00003.jpg"
    picture.write_bytes(picture.read_bytes()[:200])
    for arguments, message in [
        ((data, out), "images/scene_00003.jpg: unreadable image"),
        ((data, out, "--validation-fraction", 2), "the validation fraction is 2"),
        ((data, out, "--label-map", tmp_path / "none.pbtxt"), "none.pbtxt"),
    ]:
        status, printed, error = run(*arguments)
        assert (status, printed) == (2, ""), error
        assert message in error
        assert "Traceback" not in error
        assert [path.name for path in tmp_path.iterdir()] == ["data"]
    status, printed, _ = run(data, out, "--skip-damaged")
    assert status == 0
    assert "1 files left out" in printed
