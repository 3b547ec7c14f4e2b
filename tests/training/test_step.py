"""Complete steps of a small model compared with the Object Detection API (see tests/golden/README.md)."""

from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.load import load_config
from sweepbox.detection.training.optimizer import optimizer_settings
from sweepbox.detection.training.step import LOSS_NAMES, TrainStep

from .golden_step import MOBILENET, golden_batch, golden_detector, golden_optimizer, golden_step

OPTIMIZER = "momentum_optimizer { learning_rate { constant_learning_rate { learning_rate: 0.02 } } }"
RULE = optimizer_settings(text_format.Parse(f"optimizer {{ {OPTIMIZER} }}", pb.TrainConfig()))


@pytest.fixture(scope="module")
def golden() -> Any:
    return np.load(MOBILENET / "golden.npz")


@pytest.fixture(scope="module")
def config() -> pb.TrainEvalPipelineConfig:
    return load_config(MOBILENET / "pipeline.config")


def _step(config: pb.TrainEvalPipelineConfig, *, evaluation_group: int = 2) -> TrainStep:
    detector = golden_detector(config, MOBILENET)
    optimizer = golden_optimizer(detector, RULE.kind)
    return golden_step(config, detector, optimizer, evaluation_group=evaluation_group)


def test_evaluation_equals_the_golden_and_padding_rows_have_no_loss(
    golden: Any, config: pb.TrainEvalPipelineConfig
) -> None:
    step = _step(config)
    scalars = RULE.scalars(0)
    whole = step.evaluate(golden_batch(golden, [0, 1]), scalars)
    for name in LOSS_NAMES:
        np.testing.assert_allclose(whole.losses[name], [golden[f"infer_loss/{name}_loss"]], rtol=1e-4)
    np.testing.assert_allclose(whole.detections["detection_boxes"], golden["post/detection_boxes"], atol=1e-4)
    np.testing.assert_allclose(whole.detections["detection_scores"], golden["post/detection_scores"], atol=1e-4)
    single = step.evaluate(golden_batch(golden, [0]), scalars).losses
    padded = step.evaluate(golden_batch(golden, [0, -1]), scalars).losses
    for name in LOSS_NAMES:
        np.testing.assert_allclose(padded[name], single[name], rtol=1e-5)


@pytest.mark.slow
def test_each_group_of_rows_is_evaluated_like_a_separate_batch(
    golden: Any, config: pb.TrainEvalPipelineConfig
) -> None:
    step = _step(config, evaluation_group=1)
    scalars = RULE.scalars(0)
    together = step.evaluate(golden_batch(golden, [0, 1, -1]), scalars).losses
    for name in LOSS_NAMES:
        alone = [step.evaluate(golden_batch(golden, [row]), scalars).losses[name][0] for row in (0, 1)]
        np.testing.assert_allclose(together[name][:2], alone, rtol=1e-5)
    assert (together["localization"][2], together["classification"][2]) == (0, 0)


@pytest.mark.slow
def test_the_first_step_with_a_loss_that_is_not_finite_is_recorded(
    golden: Any, config: pb.TrainEvalPipelineConfig
) -> None:
    step = _step(config)
    batch = golden_batch(golden, [0, 1])
    step.train(batch, 7, RULE.scalars(7))
    for index in (8, 9, 10):
        step.train(batch, index, RULE.scalars(index) * np.float32(1e30 if index == 8 else 1.0))
    taken = step.take_losses()
    assert (taken.steps, taken.first_bad_step) == (4, 10)
    assert step.take_losses().steps == 0
