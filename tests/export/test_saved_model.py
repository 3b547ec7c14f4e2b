"""The exported model compared with the Object Detection API and the detector in process; files and errors."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from sweepbox.detection.config.label_map import load_label_map, save_label_map
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import ModelError, SweepboxError, UsageError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.thresholds import THRESHOLDS_FILE
from sweepbox.detection.export.saved_model import EXPORT_FILES, export_detector
from sweepbox.detection.export.serving import require_tensorflow

from .loaded import loaded

GOLDEN = Path(__file__).parents[1] / "golden" / "model_mobilenet_v2_fpnlite_small" / "golden.npz"
OUTPUTS = {
    "detection_boxes": [1, 30, 4],
    "detection_scores": [1, 30],
    "detection_classes": [1, 30],
    "detection_multiclass_scores": [1, 30, 4],
    "detection_anchor_indices": [1, 30],
    "num_detections": [1],
}


def test_the_folder_has_all_parts(golden_export: Path, golden_checkpoint: Path) -> None:
    assert {path.name for path in golden_export.iterdir()} == set(EXPORT_FILES) - {THRESHOLDS_FILE}
    for name in ("pipeline.config", "label_map.pbtxt"):
        assert (golden_export / name).read_text() == (golden_checkpoint / name).read_text()


def test_the_signature_is_that_of_the_object_detection_api(golden_export: Path) -> None:
    model = loaded(golden_export)
    signature = model.signatures["serving_default"]
    [(name, spec)] = signature.structured_input_signature[1].items()
    assert (name, spec.dtype, spec.shape.as_list()) == ("input_tensor", tf.uint8, [1, None, None, 3])
    anchors = signature.structured_outputs["raw_detection_boxes"].shape[1]
    expected = OUTPUTS | {"raw_detection_boxes": [1, anchors, 4], "raw_detection_scores": [1, anchors, 4]}
    outputs = signature.structured_outputs
    assert {name: spec.shape.as_list() for name, spec in outputs.items()} == expected
    assert {spec.dtype for spec in outputs.values()} == {tf.float32}


@pytest.mark.parametrize("row", [0, 1])
def test_detections_are_those_of_the_object_detection_api(golden_export: Path, row: int) -> None:
    model = loaded(golden_export)
    with np.load(GOLDEN) as golden:
        outputs = model(tf.convert_to_tensor(golden["image_uint8"][row : row + 1]))
        count = int(golden["post/num_detections"][row])
        assert int(outputs["num_detections"][0]) == count > 5
        np.testing.assert_array_equal(
            outputs["detection_classes"][0, :count], golden["post/detection_classes"][row, :count] + 1
        )
        for name in ("detection_boxes", "detection_scores", "detection_multiclass_scores"):
            np.testing.assert_allclose(
                outputs[name][0], golden[f"post/{name}"][row], rtol=1e-4, atol=1e-5, err_msg=name
            )


def test_a_folder_with_other_files_is_not_changed(golden_checkpoint: Path, tmp_path: Path) -> None:
    note = tmp_path / "thesis.txt"
    note.write_text("dear")
    for overwrite in (False, True):
        with pytest.raises(UsageError, match=r"has 'thesis\.txt', which is not part of an export"):
            export_detector(golden_checkpoint, tmp_path, overwrite=overwrite)
    with pytest.raises(UsageError, match="is a file"):
        export_detector(golden_checkpoint, note)
    assert note.read_text() == "dear"


def test_an_older_export_is_replaced_only_when_allowed(light_checkpoint: Path, tmp_path: Path) -> None:
    card = tmp_path / "model" / "model_card.md"
    card.parent.mkdir()
    card.write_text("old")
    with pytest.raises(UsageError, match="--overwrite"):
        export_detector(light_checkpoint, card.parent)
    assert card.read_text() == "old"
    exported = export_detector(light_checkpoint, card.parent, overwrite=True)
    assert card.read_text().startswith("# Object detector: 3 classes, 120 x 160")
    assert exported.saved_model.is_dir()
    assert exported.label_map.names == ("with_mask", "without_mask", "mask_weared_incorrect")


@pytest.mark.parametrize("missing", ["pipeline.config", "label_map.pbtxt", "weights.npz", "metrics.json"])
def test_an_incomplete_checkpoint_is_refused(golden_checkpoint: Path, tmp_path: Path, missing: str) -> None:
    checkpoint = Path(shutil.copytree(golden_checkpoint, tmp_path / "checkpoint"))
    (checkpoint / missing).unlink()
    with pytest.raises(ModelError, match=missing):
        export_detector(checkpoint, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_truncated_weights_leave_no_files(golden_checkpoint: Path, tmp_path: Path) -> None:
    checkpoint = Path(shutil.copytree(golden_checkpoint, tmp_path / "checkpoint"))
    weights = checkpoint / "weights.npz"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(SweepboxError, match=r"weights\.npz"):
        export_detector(checkpoint, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint"]


def test_a_label_map_beyond_the_models_classes_is_refused(golden_checkpoint: Path, tmp_path: Path) -> None:
    checkpoint = Path(shutil.copytree(golden_checkpoint, tmp_path / "checkpoint"))
    save_label_map(LabelMap(((1, "cat"), (4, "dog"))), checkpoint / "label_map.pbtxt")
    with pytest.raises(ModelError, match=r"ids up to 4.*num_classes: 3"):
        export_detector(checkpoint, tmp_path / "out")


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_another_keras_backend_is_refused_with_a_remedy(backend: str) -> None:
    with pytest.raises(ModelError, match=f"KERAS_BACKEND={backend}; set KERAS_BACKEND=tensorflow"):
        require_tensorflow(backend)


def test_config_and_classes_can_be_read_back(golden_export: Path) -> None:
    assert load_config(golden_export / "pipeline.config").model.ssd.num_classes == 3
    assert load_label_map(golden_export / "label_map.pbtxt").id_of("without_mask") == 2
