"""An export with tuned settings, and what reads it: the detector, the command and the evaluation."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import Result

from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import ModelError, SweepboxError
from sweepbox.detection.core.thresholds import ClassThreshold, OperatingThresholds
from sweepbox.detection.data.dataset.prepared import open_dataset
from sweepbox.detection.export.saved_model import export_detector
from sweepbox.detection.export.tuned import TunedOutput
from sweepbox.detection.inference.detector import Detector
from sweepbox.detection.inference.thresholds import find_thresholds
from sweepbox.detection.model_evaluation import evaluate_model
from sweepbox.detection.post_training.suppressed import evaluate_suppressed
from sweepbox.detection.post_training.suppression import SuppressionSetting
from sweepbox.scripts.detect import command as detect
from sweepbox.scripts.export import command as export

Invoke = Callable[..., Result]
NAMES = ("with_mask", "without_mask", "mask_weared_incorrect")


@pytest.fixture(scope="module")
def detector(tuned_export: Path) -> Detector:
    return Detector(tuned_export)


@pytest.fixture(scope="module")
def tuned_export(light_checkpoint: Path, light_export: Path, photographs: Path) -> Path:
    """An export with other suppression, and with thresholds that keep some detections of some pictures."""
    picture = next((photographs / "images").iterdir())
    found = Detector(light_export).detect(picture, threshold=0.0)
    middle = round(float(np.median(found.scores)), 4)
    classes = tuple(
        ClassThreshold(class_id, name, middle if class_id < 3 else 1.0, "class", 12)
        for class_id, name in enumerate(NAMES, start=1)
    )
    ssd = load_config(light_checkpoint / "pipeline.config").model.ssd
    own = SuppressionSetting.of(ssd)
    changed = SuppressionSetting(0.35, 0.0, own.per_class, own.total, own.score_threshold).applied(ssd)
    tuned = TunedOutput(
        changed.post_processing, OperatingThresholds("best F1", 0.5, 5, 0.4, classes), ("NMS IoU 0.35",)
    )
    return export_detector(light_checkpoint, light_checkpoint.parent / "tuned", tuned=tuned).directory


def test_the_detector_uses_the_thresholds(detector: Detector, photographs: Path) -> None:
    assert detector.thresholds is not None
    picture = next((photographs / "images").iterdir())
    everything, selected = detector.detect(picture, threshold=0.0), detector(picture)
    assert 0 < len(selected) < len(everything)
    assert selected.at_thresholds
    least = detector.thresholds.of(selected.class_ids)
    assert (selected.scores >= least).all()
    expected = (everything.scores >= detector.thresholds.of(everything.class_ids)).sum()
    assert len(selected) == expected
    # The threshold of a call counts alone.
    high = float(everything.scores[0])
    assert len(detector(picture, threshold=high)) == (everything.scores >= high).sum()


def test_the_thresholds_are_found_from_the_folder_and_from_its_saved_model(
    tuned_export: Path, detector: Detector
) -> None:
    for folder in (tuned_export, tuned_export / "saved_model"):
        assert find_thresholds(folder) == detector.thresholds
    assert find_thresholds(tuned_export / "saved_model" / "variables") is None


def test_the_export_has_the_suppression_and_the_card_the_choice(tuned_export: Path) -> None:
    config = load_config(tuned_export / "pipeline.config")
    assert config.model.ssd.post_processing.batch_non_max_suppression.iou_threshold == pytest.approx(0.35)
    card = (tuned_export / "model_card.md").read_text()
    assert "## Suppression and thresholds" in card
    assert "* NMS IoU 0.35" in card
    assert "| with_mask | 0." in card


def test_the_evaluation_ignores_the_thresholds(tuned_export: Path, records: Path, tmp_path: Path) -> None:
    without = Path(shutil.copytree(tuned_export, tmp_path / "without"))
    (without / "thresholds.json").unlink()
    assert Detector(without).thresholds is None
    assert evaluate_model(tuned_export, records).metrics == evaluate_model(without, records).metrics


@pytest.mark.slow
def test_a_checkpoint_is_evaluated_with_the_suppression_of_the_export(
    tuned_export: Path, light_checkpoint: Path, records: Path
) -> None:
    nms = load_config(tuned_export / "pipeline.config").model.ssd
    found = evaluate_suppressed(light_checkpoint, open_dataset(records).validation, SuppressionSetting.of(nms))
    exported = evaluate_model(tuned_export, records).metrics
    assert found.metrics == pytest.approx({name: exported[name] for name in found.metrics}, abs=1e-4)
    assert {"mAP", "AP@.50/with_mask"} < found.metrics.keys()
    own = SuppressionSetting.of(load_config(light_checkpoint / "pipeline.config").model.ssd)
    kept = evaluate_suppressed(light_checkpoint, open_dataset(records).validation, own)
    assert kept.metrics != found.metrics
    assert kept.matches.image_names == found.matches.image_names
    assert len(set(found.matches.image_names)) == 5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("threshold", "said"),
    [(None, "thresholds of thresholds.json: with_mask 0."), (0.0, "threshold 0 for all classes")],
)
def test_the_command_says_which_thresholds_it_used(
    tuned_export: Path, photographs: Path, tmp_path: Path, *, invoke: Invoke, threshold: float | None, said: str
) -> None:
    options = [] if threshold is None else ["--threshold", threshold]
    picture = next((photographs / "images").iterdir())
    result = invoke(detect, tuned_export, picture, "--out", tmp_path / "out", *options)
    assert result.exit_code == 0, result.exception
    assert said in result.stdout
    found = json.loads((tmp_path / "out" / "detections.json").read_text())
    assert len(found) == len(Detector(tuned_export)(picture, threshold=threshold))


def test_a_damaged_file_is_told(tuned_export: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(tuned_export, tmp_path / "model"))
    (copy / "thresholds.json").write_text("{")
    with pytest.raises(ModelError, match=r"thresholds\.json: damaged"):
        Detector(copy)


@pytest.mark.slow
def test_a_checkpoint_is_tuned_on_named_records(
    light_checkpoint: Path, records: Path, tmp_path: Path, invoke: Invoke
) -> None:
    out = tmp_path / "out"
    result = invoke(export, light_checkpoint, out, "--data", records, "--precision-at", 0.8)
    assert result.exit_code == 0, result.exception
    assert "operating thresholds: with_mask" in result.stdout
    assert "model_card.md and thresholds.json are in" in result.stdout
    written = json.loads((out / "thresholds.json").read_text())
    assert written["rule"] == "precision at least 0.8"
    assert [item["name"] for item in written["classes"]] == list(NAMES)
    assert Detector(out).thresholds is not None
    result = invoke(export, light_checkpoint, out, "--overwrite")
    assert result.exit_code == 0, result.exception
    assert not (out / "thresholds.json").exists()


def test_requests_that_cannot_be_met(
    light_checkpoint: Path, records: Path, tmp_path: Path, invoke: Invoke
) -> None:
    other = tmp_path / "other"
    shutil.copytree(records, other)
    label_map = other / "label_map.pbtxt"
    label_map.write_text(label_map.read_text().replace("with_mask", "masked", 1))
    (other / "dataset.json").unlink()
    for options, message in (
        (["--tune-post-processing"], "name prepared records with --data"),
        (["--no-tune-post-processing", "--precision-at", 0.9], "tuning is switched off"),
        (["--data", records, "--precision-at", 1.5], "precision 1.5: give a value above 0"),
        (["--data", tmp_path / "absent"], "there is no such folder"),
        (["--data", other], "its classes are"),
    ):
        result = invoke(export, light_checkpoint, tmp_path / "out", *options)
        assert isinstance(result.exception, SweepboxError), options
        assert message in str(result.exception)
    assert not (tmp_path / "out").exists()
