import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from typer.testing import Result

from sweepbox.detection.data.dataset.prepare import PrepareSettings, prepare
from sweepbox.detection.data.sample import draw_sample
from sweepbox.scripts.doctor import command
from tests.tiny import QUICKSTART

RunCommand = Callable[..., tuple[int, str, str]]
Invoke = Callable[..., Result]


@pytest.fixture(scope="session")
def run(run_command: RunCommand) -> RunCommand:
    """The command `doctor` with some arguments."""
    return partial(run_command, "doctor")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    draw_sample(tmp_path / "data", images=2, size=96)
    return tmp_path / "data"


def break_a_box(data: Path) -> None:
    path = data / "annotations" / "scene_00001.xml"
    text = path.read_text()
    start, end = text.index("<xmin>"), text.index("</xmin>")
    path.write_text(text[:start] + "<xmin>95" + text[end:])


def test_sound_data(run: RunCommand, data: Path) -> None:
    status, out, _ = run(data)
    assert status == 0
    assert "with_mask" in out
    assert "no defect found" in out


def test_a_breaking_defect_ends_with_status_1(run: RunCommand, data: Path) -> None:
    break_a_box(data)
    status, out, _ = run(data)
    assert status == 1
    assert "annotations/scene_00001.xml: object 0: inverted box" in out
    status, out, error = run(data, "--json")
    assert (status, error) == (1, "")
    report = json.loads(out)
    assert report["breaks_training"] is True
    assert report["defects"][0]["file"] == "annotations/scene_00001.xml"
    assert (report["defects"][0]["object_index"], report["defects"][0]["kind"]) == (0, "inverted box")


def test_a_label_map_names_the_nearest_class(run: RunCommand, data: Path, tmp_path: Path) -> None:
    label_map = tmp_path / "other.pbtxt"
    label_map.write_text('item { id: 1 name: "with_masks" } item { id: 2 name: "without_mask" }')
    status, out, _ = run(data, "--label-map", label_map)
    assert status == 1
    assert "did you mean 'with_masks'?" in out


def test_no_data_is_bad_input(run: RunCommand, tmp_path: Path) -> None:
    status, out, error = run(tmp_path / "none")
    assert (status, out) == (2, "")
    assert error.startswith(f"error: {tmp_path / 'none'}: there is no such folder")
    label_map = tmp_path / "bad.pbtxt"
    label_map.write_text("item {")
    status, _, error = run(tmp_path, "--label-map", label_map)
    assert status == 2
    assert "bad.pbtxt" in error
    assert "Traceback" not in error


def test_a_config_is_held_against_the_data(invoke: Invoke, data: Path) -> None:
    result = invoke(command, data, "--config", QUICKSTART, "--set", "anchor_scale=8", "--set", "batch_size=1")
    assert result.exit_code == 0
    assert "no defect found" in result.stdout
    assert "images of 192 x 192 px" in result.stdout
    assert "only forced" in result.stdout
    assert "batch norm on small batches" in result.stdout
    assert "known traps" in result.stdout


def test_the_fit_as_json_and_of_prepared_records_on_a_uri(
    invoke: Invoke, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWEEPBOX_CACHE", str(tmp_path / "cache"))
    prepare(data, tmp_path / "records", PrepareSettings(validation_fraction=0.5, test_fraction=0, seed=0))
    found = []
    for folder in (data, (tmp_path / "records").as_uri()):
        result = invoke(command, folder, "--config", QUICKSTART, "--set", "anchor_scale=8", "--json")
        assert (result.exit_code, result.stderr) == (0, "")
        found.append(json.loads(result.stdout)["config"])
    photographs, records = found
    assert photographs["coverage"]["all"] == records["coverage"]["all"]
    assert photographs["proposals"] == records["proposals"]
    assert photographs["proposals"][0]["share"] > photographs["coverage"]["all"]["share"]
    assert {entry["trap"] for entry in photographs["traps"]} == {"anchors larger than the boxes"}


def test_a_config_that_training_refuses_ends_with_status_1(invoke: Invoke, data: Path) -> None:
    result = invoke(command, data, "--config", QUICKSTART, "--set", "num_steps=0")
    assert result.exit_code == 1
    assert "refused   train_config.num_steps = 0" in result.stdout
    assert "name it with --config" in str(invoke(command, data, "--set", "num_steps=0").exception)
    missing = invoke(command, data, "--config", data / "nowhere.config")
    assert isinstance(missing.exception, OSError)
