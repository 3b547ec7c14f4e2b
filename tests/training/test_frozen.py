"""Frozen variables of a small golden model."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from sweepbox.detection.checkpoint.keys import checkpoint_keys
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.model.ssd import SsdDetector, build_detector
from sweepbox.detection.training.compile_key import CompileKey, freezing_patterns
from sweepbox.detection.training.frozen import freeze, frozen_keys
from sweepbox.detection.training.optimizer import OptimizerKind, optimizer_settings
from sweepbox.detection.training.parts import TrainingParts

from .golden_step import MOBILENET, golden_batch, golden_detector, golden_optimizer, golden_step

KEYS = (
    "model/_feature_extractor/classification_backbone/layer_with_weights-0/kernel",
    "model/_feature_extractor/classification_backbone/layer_with_weights-1/moving_mean",
    "model/_box_predictor/_box_prediction_head/_box_encoder_layers/0/bias",
    "model/_box_predictor/_box_prediction_head/_box_encoder_layers/0/kernel",
)


def _keys_of(detector: SsdDetector, config: pb.TrainEvalPipelineConfig) -> Mapping[str, str]:
    return checkpoint_keys((weight.path for weight in detector.network.weights), config.model.ssd)


@pytest.mark.parametrize(
    ("frozen", "updated", "expected"),
    [
        ([], [], []),
        (["_feature_extractor/"], [], [0, 1]),
        (["^model/_box_predictor", "kernel$"], [], [0, 2, 3]),
        ([], ["_box_predictor"], [0, 1]),
        (["bias"], ["_box_predictor"], [0, 1, 2]),
        ([], ["kernel", "bias"], [1]),
    ],
)
def test_frozen_keys(frozen: list[str], updated: list[str], expected: list[int]) -> None:
    config = pb.TrainConfig(freeze_variables=frozen, update_trainable_variables=updated)
    assert frozen_keys(config, KEYS) == {KEYS[index] for index in expected}


@pytest.mark.parametrize("field", ["freeze_variables", "update_trainable_variables"])
def test_a_pattern_that_matches_nothing_is_refused_with_similar_keys(field: str) -> None:
    config = pb.TrainConfig(**{field: ["_box_predictor/_box_head/kernel"]})
    with pytest.raises(
        ConfigError, match=rf"train_config\.{field}\[0\]: .* matches no variable; similar keys are model/_box"
    ):
        frozen_keys(config, KEYS)


def test_an_invalid_regular_expression_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"freeze_variables\[1\]: '\(' is not a regular expression"):
        frozen_keys(pb.TrainConfig(freeze_variables=["kernel", "("]), KEYS)


def test_a_config_that_freezes_everything_is_refused() -> None:
    config = load_config(MOBILENET / "pipeline.config")
    detector = build_detector(config.model.ssd)
    with pytest.raises(ConfigError, match="leave no variable to train"):
        freeze(detector.network, pb.TrainConfig(freeze_variables=["."]), _keys_of(detector, config))


@pytest.mark.slow
def test_a_frozen_backbone_does_not_change_and_normalises_with_its_moving_statistics() -> None:
    config = load_config(MOBILENET / "pipeline.config")
    golden: Any = np.load(MOBILENET / "golden.npz")
    detector = golden_detector(config, MOBILENET)
    keys = _keys_of(detector, config)
    train_config = config.train_config
    train_config.freeze_variables.append("_feature_extractor/classification_backbone/")
    freeze(detector.network, train_config, keys)
    frozen = frozen_keys(train_config, keys.values())
    assert any("moving_mean" in key for key in frozen)
    optimizer = golden_optimizer(detector, OptimizerKind.MOMENTUM)
    trained = {keys[variable.path] for variable in detector.network.trainable_variables}
    assert trained.isdisjoint(frozen)
    assert trained
    before = {weight.path: weight.numpy().copy() for weight in detector.network.weights}
    maps = detector.backbone(golden["preprocessed"], training=True)
    for calm, value in zip(detector.backbone(golden["preprocessed"], training=False), maps, strict=True):
        np.testing.assert_array_equal(calm, value)
    step = golden_step(config, detector, optimizer)
    rule = optimizer_settings(train_config)
    scalars = rule.scalars(0)
    step.train(golden_batch(golden, [0, 1]), 0, scalars)
    losses = step.take_losses().sums
    assert losses["regularization"] == pytest.approx(float(golden["train_loss/regularization_loss"]), rel=1e-5)
    changed = {
        keys[weight.path]
        for weight in detector.network.weights
        if not np.array_equal(weight.numpy(), before[weight.path])
    }
    assert changed.isdisjoint(frozen)
    assert any(key.endswith("kernel") for key in changed)
    assert any("_box_predictor" in key and key.endswith("moving_mean") for key in changed)


def test_patterns_are_part_of_the_compile_key() -> None:
    config = load_config(MOBILENET / "pipeline.config")
    detector = build_detector(config.model.ssd)
    plain = CompileKey.of(config, detector.precision)
    config.train_config.freeze_variables.append("_feature_extractor/")
    assert freezing_patterns(config.train_config) == (("_feature_extractor/",), ())
    assert CompileKey.of(config, detector.precision) != plain
    parts = TrainingParts.build(
        config,
        precision=detector.precision,
        seed=0,
        checkpoint_keys=lambda built: _keys_of(built, config),
    )
    assert not any(
        "fpn" in path for path in (weight.path for weight in parts.detector.network.trainable_variables)
    )
