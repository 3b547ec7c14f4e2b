"""Channel counts and shapes of the MobileNets that differ from the papers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.model.backbones.mobilenet_v1 import MobileNetV1
from sweepbox.detection.model.backbones.mobilenet_v2 import MobileNetV2
from sweepbox.detection.model.backbones.settings import BackboneSettings
from sweepbox.detection.model.hyperparameters import MOBILENET_DEFAULT
from sweepbox.detection.model.layers import LayerFactory
from sweepbox.detection.model.precision import Precision
from sweepbox.detection.model.ssd import build_detector
from sweepbox.detection.model.weights import load_backbone_weights

GOLDEN = Path(__file__).parents[1] / "golden"
Make = Callable[[LayerFactory, BackboneSettings], Any]
Changed = Callable[[str], pb.Ssd]

saves_with_keras = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def _channels(make: Make, multiplier: float, min_depth: int, top_level: int) -> dict[str, int]:
    """Return the channels of each convolution of a backbone, by name."""
    factory = LayerFactory(Precision.FLOAT32, freeze_batch_norm=False)
    settings = BackboneSettings(multiplier, min_depth, use_explicit_padding=False, hyper=MOBILENET_DEFAULT)
    images = keras.Input((64, 64, 3))
    endpoints = make(factory, settings)(images, top_level)
    network = keras.Model(images, list(endpoints.values()))
    return {layer.name: layer.filters for layer in network.layers if type(layer).__name__ == "Convolution"}


@pytest.mark.parametrize(
    ("multiplier", "min_depth", "expected"),
    [
        (1.0, 16, {"conv1": 32, "conv_pw_1": 64, "conv_pw_2": 128}),
        (1.4, 16, {"conv1": 61, "conv_pw_1": 124, "conv_pw_2": 250}),
        (1.4, 100, {"conv1": 100, "conv_pw_1": 124, "conv_pw_2": 250}),
        (0.3, 4, {"conv1": 4, "conv_pw_1": 5, "conv_pw_2": 11}),
    ],
)
def test_mobilenet_v1_applies_the_multiplier_twice(
    multiplier: float, min_depth: int, expected: dict[str, int]
) -> None:
    channels = _channels(MobileNetV1, multiplier, min_depth, top_level=2)
    assert {name: channels[name] for name in expected} == expected


def test_the_multiplier_is_applied_once_to_the_narrow_end_of_mobilenet_v1() -> None:
    channels = _channels(lambda *parts: MobileNetV1(*parts, narrow_end=True), 0.3, 4, top_level=5)
    assert [channels[f"conv_pw_{number}"] for number in (11, 12, 13)] == [45, 153, 76]


def test_a_multiplier_above_one_does_not_widen_the_last_convolution_of_mobilenet_v2() -> None:
    channels = _channels(MobileNetV2, 1.4, 60, top_level=5)
    assert [channels[name] for name in ("Conv1", "block_6_project", "block_16_project", "Conv_1")] == [
        60,
        88,
        448,
        1280,
    ]


@saves_with_keras
@pytest.mark.parametrize("narrow_end", [False, True])
def test_weights_file_of_keras_mobilenet_v1(changed_ssd: Changed, tmp_path: Path, *, narrow_end: bool) -> None:
    donor = keras.applications.MobileNet(weights=None, include_top=False, input_shape=(64, 64, 3))
    random = np.random.default_rng(0)
    for weight in donor.weights:
        around_one = weight.name in {"gamma", "moving_variance"}
        weight.assign(
            random.uniform(0.8, 1.2, weight.shape) if around_one else random.normal(0, 0.2, weight.shape)
        )
    donor.save_weights(tmp_path / "mobilenet.weights.h5")
    text = "type: 'ssd_mobilenet_v1_fpn_keras' depth_multiplier: 1.0"
    detector = build_detector(
        changed_ssd(f"feature_extractor {{ {text} use_depthwise: {str(narrow_end).lower()} }}")
    )
    summary = load_backbone_weights(detector, tmp_path / "mobilenet.weights.h5")
    other = {"conv_pw_12", "conv_dw_13", "conv_pw_13"} if narrow_end else set()
    assert {path.split("/")[0] for path in summary.missing} == other | {f"{name}_bn" for name in other}
    images = random.uniform(-1, 1, (2, 64, 64, 3)).astype(np.float32)
    last = "conv_pw_11_relu" if narrow_end else "conv_pw_13_relu"
    theirs = keras.Model(donor.input, donor.get_layer(last).output)(images, training=False)
    ours = keras.Model(detector.backbone.input, detector.backbone.get_layer(last).output)(
        images, training=False
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-3)


def test_another_width_of_mobilenet_v1_is_rejected(tmp_path: Path) -> None:
    config = load_config(GOLDEN / "model_mobilenet_v1_ssd_small" / "pipeline.config")
    h5py.File(tmp_path / "mobilenet.weights.h5", "w").close()
    with pytest.raises(ModelError, match=r"MobileNetV1 exist for depth_multiplier 1\.0, not 0\.4; change it"):
        load_backbone_weights(build_detector(config.model.ssd), tmp_path / "mobilenet.weights.h5")
