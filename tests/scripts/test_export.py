"""Exports of checkpoints, training runs and whole sweeps by the command."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import Result

from sweepbox.detection.config.label_map import load_label_map
from sweepbox.detection.core.errors import SweepboxError
from sweepbox.detection.data.dataset.prepare import PrepareSettings, prepare
from sweepbox.detection.data.sample import draw_sample
from sweepbox.scripts.export import command
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import Evaluation, write_evaluations
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.manager import TrialManager

Invoke = Callable[..., Result]
ROOT = Path(__file__).parents[2]
SPEC = {
    "name": "tiny",
    "base_config": str(ROOT / "experiments" / "configs" / "quickstart.config"),
    "space": {"learning_rate": {"log_uniform": [1e-4, 1e-2]}},
    "objective": {"metric": "mAP"},
    "trials": 2,
    "training": {"steps": 6, "evaluate_every": 2},
}


@pytest.fixture
def sweep(tmp_path: Path, light_checkpoint: Path) -> SweepFolder:
    """A sweep of two trials, of which the second was the better one at its first evaluation."""
    draw_sample(tmp_path / "scenes", images=16, size=96)
    prepare(
        tmp_path / "scenes", tmp_path / "records", PrepareSettings(validation_fraction=0.25, test_fraction=0)
    )
    spec = tmp_path / "spec.yaml"
    spec.write_text(yaml.safe_dump({**SPEC, "data": str(tmp_path / "records")}))
    folder = create_sweep(SweepRequest(spec, out=tmp_path / "sweep"))
    book = TrialManager(folder, load_spec(folder.spec))
    for _ in range(2):
        book.next_trial()
    for trial, values in zip(folder.trial_folders(), ([0.1, 0.3], [0.5, 0.2]), strict=True):
        write_evaluations(
            trial,
            [Evaluation(n, 2 * n, 1.0, 1.0, {"mAP": value}) for n, value in enumerate(values, start=1)],
        )
        shutil.copytree(light_checkpoint, trial.best)
    return folder


@pytest.mark.slow
def test_the_best_checkpoint_of_a_sweep(sweep: SweepFolder, tmp_path: Path, invoke: Invoke) -> None:
    result = invoke(command, sweep.path, tmp_path / "out")
    assert result.exit_code == 0, result.exception
    winner = sweep.trial_folders()[1].id
    assert f"trial {winner} of the sweep 'tiny', chosen by mAP = 0.5000" in result.stdout
    card = (tmp_path / "out" / "model_card.md").read_text()
    assert f"trial {winner} of the sweep 'tiny'" in card
    assert "## Changes from the base config" in card
    assert "| images | 12 | 4 |" in card
    assert load_label_map(tmp_path / "out" / "label_map.pbtxt").num_classes == 3
    assert "## Suppression and thresholds" in card  # by default on the validation part of the sweep
    assert "validation images with objects are too few to choose by" in result.stdout
    assert (tmp_path / "out" / "thresholds.json").is_file()
    assert (sweep.predictions / f"{winner}.arrow").is_file()


@pytest.mark.slow
def test_a_sweep_whose_data_is_gone_can_still_be_exported(
    sweep: SweepFolder, tmp_path: Path, invoke: Invoke
) -> None:
    shutil.rmtree(tmp_path / "records")
    result = invoke(command, sweep.path, tmp_path / "out")
    assert result.exit_code == 0, result.exception
    assert "## Data" not in (tmp_path / "out" / "model_card.md").read_text()
    assert "suppression and thresholds are not tuned: " in result.stdout
    assert not (tmp_path / "out" / "thresholds.json").exists()
    result = invoke(command, sweep.path, tmp_path / "other", "--tune-post-processing")
    assert "the sweep's records are not there" in str(result.exception)
    assert not (tmp_path / "other").exists()


@pytest.mark.slow
def test_a_training_run_and_a_checkpoint(light_checkpoint: Path, tmp_path: Path, invoke: Invoke) -> None:
    shutil.copytree(light_checkpoint, tmp_path / "run" / "best")
    result = invoke(command, tmp_path / "run", tmp_path / "out")
    assert result.exit_code == 0, result.exception
    assert "mAP 0.2500, mAP@.50 0.5000" in result.stdout
    assert invoke(command, light_checkpoint, tmp_path / "out", "--overwrite").exit_code == 0


def test_a_checkpoint_of_the_object_detection_api(
    light_checkpoint: Path, tmp_path: Path, invoke: Invoke
) -> None:
    out = tmp_path / "out"
    result = invoke(command, light_checkpoint, out, "--format", "checkpoint")
    assert result.exit_code == 0, result.exception
    assert {path.name for path in out.iterdir()} == {"checkpoint", "pipeline.config", "label_map.pbtxt"}
    assert f"variables are in {out / 'checkpoint' / 'ckpt-0'}" in result.stdout
    assert "mAP 0.2500" in result.stdout
    again = invoke(command, light_checkpoint, out, "--format", "saved_model", "--overwrite")
    assert "has 'checkpoint', which is not part of an export" in str(again.exception)


def test_the_input_type(light_checkpoint: Path, tmp_path: Path, invoke: Invoke) -> None:
    result = invoke(command, light_checkpoint, tmp_path / "out", "--input-type", "float_image_tensor")
    assert result.exit_code == 0, result.exception
    assert "it takes float_image_tensor" in result.stdout
    assert "Input type `float_image_tensor`" in (tmp_path / "out" / "model_card.md").read_text()
    contradiction = ("--format", "checkpoint", "--input-type", "tf_example")
    result = invoke(command, light_checkpoint, tmp_path / "other", *contradiction)
    assert "--input-type tf_example: a checkpoint takes no input" in str(result.exception)
    result = invoke(command, light_checkpoint, tmp_path / "other", "--input-type", "tensor")
    assert result.exit_code == 2
    assert "encoded_image_string_tensor" in result.output


def test_bad_input_is_told_and_nothing_is_lost(light_checkpoint: Path, tmp_path: Path, invoke: Invoke) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "thesis.txt").write_text("dear")
    for arguments, message in (
        ((light_checkpoint, full), "is not part of an export"),
        ((light_checkpoint, full, "--overwrite"), "is not part of an export"),
        ((tmp_path, tmp_path / "out"), "no weights.npz in it"),
        ((tmp_path / "absent", tmp_path / "out"), "there is no such folder"),
    ):
        result = invoke(command, *arguments)
        assert isinstance(result.exception, SweepboxError)
        assert message in str(result.exception)
        assert "\n" not in str(result.exception)
    assert (full / "thesis.txt").read_text() == "dear"
    assert not (tmp_path / "out").exists()
