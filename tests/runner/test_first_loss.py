"""The estimate of the first loss is held against the first step of a real training."""

from collections.abc import Callable

import pytest

from sweepbox.detection.diagnosis.boxes import boxes_of_records
from sweepbox.detection.diagnosis.first_loss import first_classification_loss
from sweepbox.detection.runner import RunSettings, TrainingRun

BIAS = "model.ssd.box_predictor.weight_shared_convolutional_box_predictor.class_prediction_bias_init=-4.6"


@pytest.mark.slow
def test_the_first_step_has_about_the_loss_that_the_doctor_states(
    settings_of: Callable[..., RunSettings],
) -> None:
    settings = settings_of(BIAS, "model.ssd.encode_background_as_zeros=false")
    boxes = boxes_of_records(settings.train_records[0].parent)
    stated = first_classification_loss(settings.config, boxes, bias=-4.6)
    run = TrainingRun(settings)
    try:
        measured = run.advance(1).losses["classification"]
    finally:
        run.close()
    assert stated / 2 < measured < stated * 2
    assert stated > 20, "the tiny network has few anchors"
