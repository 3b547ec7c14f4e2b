"""Paths are paths: what a library reads as a pattern, a query or a quote is part of a name here."""

import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.checkpoint.object_file import open_checkpoint
from sweepbox.detection.config.edits import Edit
from sweepbox.detection.config.label_map import save_label_map
from sweepbox.detection.core.files import PlainPath
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.export.od_api_checkpoint import export_checkpoint
from sweepbox.detection.inference.detector import Detector
from sweepbox.detection.runner.inputs import run_inputs
from sweepbox.scripts.cli import command_line

QUICKSTART = Path(__file__).parents[2] / "experiments" / "configs" / "quickstart.config"
GOLDEN = Path(__file__).parents[1] / "golden" / "model_mobilenet_v2_fpnlite_small"
NAMES = [
    "ex [1]",
    "[ab]",
    "what?",
    "a*b",
    "50% off",
    "a%2Fb",
    "#1",
    "a&b",
    "a;b",
    "it's",
    'say "so"',
    "{a,b}",
    "b\\c",
]
OTHERS = ["$HOME", "`id`", "-o", "é", "a=b", "tab\there"]


@pytest.mark.parametrize("name", NAMES + OTHERS)
def test_records_and_label_map_beside_a_config(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    folder.mkdir()
    for file in (f"{name}.record", "train-0.record", "train-1.record", "val.record"):
        (folder / file).touch()
    save_label_map(LabelMap.of(("a", "b")), folder / "map.pbtxt")
    config = Path(shutil.copy(QUICKSTART, folder / "pipeline.config"))
    train, evaluation = (
        f"{part}.tf_record_input_reader.input_path" for part in ("train_input_reader", "eval_input_reader[0]")
    )
    edits = {
        f"{train}[0]": "train-*.record",
        f"{train}[1]": f"{name}.record".replace("tab\there", "val"),
        f"{evaluation}[0]": str(folder / "val.record"),
        "train_input_reader.label_map_path": "map.pbtxt",
        "eval_input_reader[0].label_map_path": str(folder / "map.pbtxt"),
        "model.ssd.num_classes": 2,
        "train_config.fine_tune_checkpoint": None,
    }
    if "\t" in name:
        edits |= {f"{evaluation}[0]": "val.record", "eval_input_reader[0].label_map_path": "map.pbtxt"}
    inputs = run_inputs(config, None, edits=[Edit(path, value) for path, value in edits.items()])
    assert [path.name for path in inputs.train_records][:2] == ["train-0.record", "train-1.record"]
    assert all(path.parent == folder for path in (*inputs.train_records, *inputs.validation_records))
    assert inputs.label_map.names == ("a", "b")


@pytest.mark.parametrize("name", NAMES + OTHERS)
def test_plain_paths_have_no_pattern_and_lead_to_the_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "file").write_text("content")
    plain = PlainPath(tmp_path / name)
    assert not set("*?[]{}\\") & set(str(plain.path))
    assert (plain.path / "file").read_text() == "content"
    plain.close()
    assert (tmp_path / name / "file").read_text() == "content"


@pytest.mark.parametrize("name", NAMES + OTHERS)
def test_a_checkpoint_is_opened_and_read(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    folder.mkdir()
    for path in GOLDEN.glob("ckpt-0.*"):
        shutil.copy(path, folder)
    checkpoint = open_checkpoint(folder)
    key = min(checkpoint.shapes)
    assert np.array_equal(checkpoint.read([key])[key], open_checkpoint(GOLDEN / "ckpt-0").read([key])[key])


@pytest.mark.slow
def test_a_model_is_loaded_and_a_checkpoint_written(
    light_export: Path, light_checkpoint: Path, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(light_export, tmp_path / "ex [1] it's 50%? #;&{a}*"))
    assert Detector(model).labels == Detector(light_export).labels
    exported = export_checkpoint(light_checkpoint, tmp_path / "out [1] it's 50%? #;&{a}*")
    assert exported.prefix.with_name("ckpt-0.index").is_file()
    assert open_checkpoint(exported.directory).shapes


@pytest.mark.parametrize("name", NAMES + OTHERS)
def test_printed_commands_are_quoted_for_a_shell(name: str) -> None:
    line = command_line("sweep", Path(name) / "sweep.yaml", "--out", name, "--resume")
    assert shlex.split(line) == ["sweepbox", "sweep", f"{name}/sweep.yaml", "--out", name, "--resume"]
