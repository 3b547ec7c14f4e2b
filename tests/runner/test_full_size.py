"""One training step of the full-size config on which the GPU sweep is based."""

from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.config.edits import apply_edits, parse_edit
from sweepbox.detection.config.load import load_config
from sweepbox.detection.data.dataset.prepared import PreparedDataset
from sweepbox.detection.runner import RunSettings, TrainingRun

CONFIG = Path(__file__).parents[2] / "experiments" / "configs" / "face_mask_resnet50_640.config"


@pytest.mark.slow
def test_a_step_of_ssd_resnet50_fpn_640_changes_every_kernel(dataset: PreparedDataset, tmp_path: Path) -> None:
    edits = [parse_edit("batch_size=1"), parse_edit("num_steps=1"), parse_edit("warmup_steps=0")]
    config = apply_edits(load_config(CONFIG), edits)
    run = TrainingRun(
        RunSettings(
            config=config,
            train_records=dataset.train,
            validation_records=dataset.validation,
            label_map=dataset.label_map,
            directory=tmp_path,
        )
    )
    network = run.detector.network
    assert network.count_params() == 31_713_008
    assert network.input_shape == (None, 640, 640, 3)
    assert run.detector.anchors.shape == (51_150, 4)
    # Scales and offsets of levels without an object have no gradient, or one too small for float32.
    kernels = [weight for weight in network.trainable_variables if weight.path.endswith("kernel")]
    assert len(kernels) == 70
    before = [kernel.numpy().copy() for kernel in kernels]
    summary = run.advance(1)
    run.close()
    assert all(np.isfinite(value) and value > 0 for value in summary.losses.values())
    unchanged = [
        kernel.path for old, kernel in zip(before, kernels, strict=True) if np.array_equal(old, kernel.numpy())
    ]
    assert unchanged == []
