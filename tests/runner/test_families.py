"""Small models of two more families train a step, are evaluated, exported, and detect."""

from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.config.edits import apply_edits, parse_edit
from sweepbox.detection.config.load import load_config
from sweepbox.detection.data.dataset.prepared import PreparedDataset
from sweepbox.detection.export.saved_model import export_detector
from sweepbox.detection.inference.detector import Detector
from sweepbox.detection.runner import RunSettings, TrainingRun

GOLDEN = Path(__file__).parents[1] / "golden"
EDITS = ("num_steps=2", "warmup_steps=0", "batch_size=2")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["mobilenet_v1_fpn_small", pytest.param("mobilenet_v2_ssd_small", marks=pytest.mark.slow)]
)
def test_a_family_trains_evaluates_and_exports(dataset: PreparedDataset, tmp_path: Path, name: str) -> None:
    config = load_config(GOLDEN / f"model_{name}" / "pipeline.config")
    settings = RunSettings(
        config=apply_edits(config, [parse_edit(edit) for edit in EDITS]),
        train_records=dataset.train,
        validation_records=dataset.validation,
        label_map=dataset.label_map,
        directory=tmp_path / "run",
    )
    run = TrainingRun(settings)
    try:
        losses = run.advance(1).losses
        metrics = run.evaluate()
        run.save_weights(tmp_path / "checkpoint")
    finally:
        run.close()
    assert all(np.isfinite(value) for value in losses.values())
    assert 0 <= metrics["mAP"] <= 1
    exported = export_detector(tmp_path / "checkpoint", tmp_path / "export")
    detections = Detector(exported.directory).detect(np.full((90, 70, 3), 99, np.uint8))
    assert np.isfinite(detections.boxes_yxyx).all()
