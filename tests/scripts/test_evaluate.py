import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from sweepbox.detection.core.errors import SweepboxError
from sweepbox.detection.data.dataset.prepare import PrepareSettings, prepare
from sweepbox.detection.data.sample import draw_sample
from sweepbox.scripts.evaluate import command

Invoke = Callable[..., Result]


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenes") / "voc"
    draw_sample(folder, images=6, size=96)
    return folder


def test_json_only(light_export: Path, scenes: Path, invoke: Invoke) -> None:
    result = invoke(command, light_export, scenes, "--json")
    assert result.exit_code == 0, result.exception
    told = json.loads(result.stdout)
    assert told["images"] == 6
    assert set(told["AP@.50"]) == {"with_mask", "without_mask", "mask_weared_incorrect"}


def test_a_table_for_people(light_export: Path, scenes: Path, tmp_path: Path, invoke: Invoke) -> None:
    prepare(scenes, tmp_path / "records", PrepareSettings(validation_fraction=0.34))
    result = invoke(command, light_export, tmp_path / "records", "--split", "validation")
    assert result.exit_code == 0, result.exception
    assert "3 images" in result.stdout
    assert "mask_weared_incorrect" in result.stdout
    assert "mAP@.50" in result.stdout


def test_bad_input_is_told(light_export: Path, scenes: Path, tmp_path: Path, invoke: Invoke) -> None:
    for arguments, message in (
        ((tmp_path, scenes), "label_map.pbtxt is missing"),
        ((light_export, tmp_path / "absent"), "no TFRecord file found"),
        ((light_export, tmp_path), "no TFRecord file found"),
    ):
        result = invoke(command, *arguments, "--json")
        assert isinstance(result.exception, SweepboxError)
        assert message in str(result.exception)
        assert result.stdout == ""
