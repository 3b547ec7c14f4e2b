"""Whole training steps against trajectories of the Object Detection API (see tests/golden/README.md)."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format

from detection.checkpoint.object_based import load_object_based
from detection.config import pipeline_pb2 as pb
from detection.config.load import load_config
from detection.data.augment import build_preprocessor
from detection.data.batches import Batch
from detection.model.ssd import build_detector
from detection.training.optimizer import Optimizer, optimizer_settings
from detection.training.step import CERTAIN_LOGIT, LOSS_NAMES, Program, TrainStep, build_train_step

GOLDEN = Path(__file__).parents[1] / "golden" / "model_mobilenet_v2_fpnlite_small"
STEPS = 5


@pytest.fixture(scope="module")
def golden() -> Any:
    return np.load(GOLDEN / "golden.npz")


@pytest.fixture(scope="module")
def config() -> pb.TrainEvalPipelineConfig:
    return load_config(GOLDEN / "pipeline.config")


def _batch(golden: Any, rows: list[int]) -> Batch:
    """The golden's batch; a row -1 is padding."""
    images = golden["image_uint8"]
    filled = np.array(rows)
    real = (filled >= 0)[:, None]
    return Batch(
        images=np.where(real[..., None, None], images[filled], 0).astype(np.uint8),
        sizes=np.where(real, np.array(images.shape[1:3]), 1).astype(np.int32),
        boxes_yxyx=np.where(real[..., None], golden["gt_boxes"][filled], 0.0).astype(np.float32),
        class_ids=np.argmax(golden["gt_classes_onehot"][filled], axis=-1).astype(np.int32),
        weights=np.where(real, golden["gt_weights"][filled], 0.0).astype(np.float32),
        noise=np.zeros((len(rows), 0), np.float32),
        indices=filled,
    )


def _train_config(golden: Any, name: str) -> pb.TrainConfig:
    train_config = pb.TrainConfig()
    text_format.Parse(str(golden[f"trajectory/{name}/optimizer"]), train_config.optimizer)
    train_config.gradient_clipping_by_norm = 1.0 if name.endswith("clip") else 0.0
    return train_config


def _step(config: pb.TrainEvalPipelineConfig, train_config: pb.TrainConfig) -> TrainStep:
    """A fresh step whose weights are those of the golden's checkpoint."""
    ssd = config.model.ssd
    detector = build_detector(ssd)
    load_object_based(detector.network, GOLDEN / "ckpt-0", ssd)
    preprocessor = build_preprocessor(ssd.image_resizer, ())
    kind = optimizer_settings(train_config).kind
    optimizer = Optimizer(kind, detector.network.trainable_variables)
    return build_train_step(Program(detector, preprocessor, preprocessor, optimizer, -CERTAIN_LOGIT))


@pytest.mark.parametrize("name", ["momentum", "adam", "momentum_clip"])
def test_the_losses_follow_the_golden(golden: Any, config: pb.TrainEvalPipelineConfig, name: str) -> None:
    train_config = _train_config(golden, name)
    rule, step = optimizer_settings(train_config), _step(config, train_config)
    batch = _batch(golden, [0, 1])
    losses: dict[str, list[float]] = {name: [] for name in LOSS_NAMES}
    for index in range(STEPS):
        step.train(batch, index, rule.scalars(index))
        taken = step.take_losses()
        assert (taken.steps, taken.first_bad_step) == (1, None)
        for loss, value in taken.sums.items():
            losses[loss].append(value)
    expected = {loss: golden[f"trajectory/{name}/{loss}_loss"] for loss in LOSS_NAMES}
    assert step.traces == 1
    np.testing.assert_allclose(
        [losses[loss][0] for loss in LOSS_NAMES], [e[0] for e in expected.values()], rtol=1e-4
    )
    # Batch norms over a handful of values make this trajectory chaotic: a change of 1e-7 in the weights moves
    # later losses by some per cent. The regularisation loss is a norm of all weights: it tells optimizers
    # apart.
    np.testing.assert_allclose(losses["total"], expected["total"], rtol=0.06)
    np.testing.assert_allclose(losses["regularization"], expected["regularization"], rtol=1.5e-4)


def test_evaluation_equals_the_golden_and_padding_rows_cost_nothing(
    golden: Any, config: pb.TrainEvalPipelineConfig
) -> None:
    train_config = _train_config(golden, "momentum")
    step = _step(config, train_config)
    scalars = optimizer_settings(train_config).scalars(0)
    whole = step.evaluate(_batch(golden, [0, 1]), scalars)
    for name in LOSS_NAMES:
        assert whole.losses[name] == pytest.approx(float(golden[f"infer_loss/{name}_loss"]), rel=1e-4)
    np.testing.assert_allclose(whole.detections["detection_boxes"], golden["post/detection_boxes"], atol=1e-4)
    np.testing.assert_allclose(whole.detections["detection_scores"], golden["post/detection_scores"], atol=1e-4)
    single = step.evaluate(_batch(golden, [0]), scalars).losses
    padded = step.evaluate(_batch(golden, [0, -1]), scalars).losses
    assert padded == pytest.approx(single, rel=1e-5)


def test_the_first_step_that_is_not_finite_is_remembered(
    golden: Any, config: pb.TrainEvalPipelineConfig
) -> None:
    train_config = _train_config(golden, "momentum")
    step = _step(config, train_config)
    rule = optimizer_settings(train_config)
    batch = _batch(golden, [0, 1])
    step.train(batch, 7, rule.scalars(7))
    for index in (8, 9, 10):
        step.train(batch, index, rule.scalars(index) * np.float32(1e30 if index == 8 else 1.0))
    taken = step.take_losses()
    assert (taken.steps, taken.first_bad_step) == (4, 10)
    assert step.take_losses().steps == 0
