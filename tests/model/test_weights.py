from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.model.folding import ConvNorm
from sweepbox.detection.model.pretrained import IMAGENET_MEAN, IMAGENET_STDDEV, norm_name, pytorch_names
from sweepbox.detection.model.ssd import SsdDetector, build_detector
from sweepbox.detection.model.weights import load_backbone_weights

Changed = Callable[[str], pb.Ssd]

SHARED = Path(__file__).parents[2] / "../shared/weights/mobilenetv2_features_imagenet.npz"
FULL_SIZE = "feature_extractor { depth_multiplier: 1.0 use_explicit_padding: true }"
PHOTOGRAPH = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 3)).repeat(8, axis=1).repeat(8, axis=2)

saves_with_keras = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
needs_weights = pytest.mark.skipif(not SHARED.is_file(), reason="../shared/weights is not there")


def _reference(images: np.ndarray, *, training: bool) -> dict[str, Any]:
    """Compute MobileNetV2 as PyTorch does, from the weights file: the output of each convolution's batch norm.

    The image is padded with mid-grey, which corresponds to zero padding at our input scale.
    """
    with np.load(SHARED) as file:
        arrays = dict(file)
    maps: Any = ((images / 255 - IMAGENET_MEAN) / IMAGENET_STDDEV).astype(np.float32)
    outputs: dict[str, Any] = {}
    block_input: Any = None
    order = [f"block_{i}_{part}" for i in range(1, 17) for part in ("expand", "depthwise", "project")]
    for name in ["Conv1", "expanded_conv_depthwise", "expanded_conv_project", *order, "Conv_1"]:
        if name.endswith("expand"):
            block_input = maps
        conv, norm = pytorch_names()[name]
        weight = arrays[f"{conv}.weight"]
        stride = 2 if name in ("Conv1", *(f"block_{i}_depthwise" for i in (1, 3, 6, 13))) else 1
        maps = _convolved(maps, weight, stride, grey=name == "Conv1")
        mean, variance = arrays[f"{norm}.running_mean"], arrays[f"{norm}.running_var"]
        if training:
            mean, variance = tf.nn.moments(maps, (0, 1, 2))
        factor = arrays[f"{norm}.weight"] / np.sqrt(variance + 1e-5)
        maps = (maps - mean) * factor + arrays[f"{norm}.bias"]
        outputs[name] = maps
        if not name.endswith("project"):
            maps = tf.nn.relu6(maps)
        elif block_input is not None and stride == 1 and block_input.shape == maps.shape:
            maps = maps + block_input
    return outputs


def _convolved(maps: Any, weight: np.ndarray, stride: int, *, grey: bool) -> Any:
    side = weight.shape[2] // 2
    border = (0.5 - IMAGENET_MEAN) / IMAGENET_STDDEV if grey else np.float32(0)
    maps = tf.pad(maps - border, [[0, 0], [side, side], [side, side], [0, 0]]) + border
    if weight.shape[1] == 1 and weight.shape[2] == 3:
        return tf.nn.depthwise_conv2d(maps, weight.transpose(2, 3, 0, 1), [1, stride, stride, 1], "VALID")
    return tf.nn.conv2d(maps, weight.transpose(2, 3, 1, 0), stride, "VALID")


def _after_norm(detector: SsdDetector, names: list[str], *, training: bool) -> dict[str, np.ndarray]:
    layers = [detector.backbone.get_layer(norm_name(name)).output for name in names]
    probe = keras.Model(detector.backbone.input, layers)
    return dict(
        zip(names, map(np.asarray, probe(detector.normalise(PHOTOGRAPH), training=training)), strict=True)
    )


@needs_weights
def test_the_backbone_computes_the_same_as_the_source(changed_ssd: Changed) -> None:
    detector = build_detector(changed_ssd(FULL_SIZE))
    summary = load_backbone_weights(detector, SHARED)
    assert summary.missing == ()
    assert len(summary.matched) == 260
    assert "260 variables loaded (PyTorch MobileNetV2)" in str(summary)
    reference = _reference(PHOTOGRAPH, training=False)
    ours = _after_norm(detector, list(reference), training=False)
    for name, expected in reference.items():
        np.testing.assert_allclose(ours[name], expected, rtol=2e-3, atol=2e-3, err_msg=name)


@needs_weights
def test_in_training_the_larger_epsilon_dominates_no_channel(changed_ssd: Changed) -> None:
    detector = build_detector(changed_ssd(FULL_SIZE))
    load_backbone_weights(detector, SHARED)
    reference = _reference(PHOTOGRAPH, training=True)
    ours = _after_norm(detector, ["block_2_project", "block_5_project"], training=True)
    for name, maps in ours.items():
        error = np.abs(maps - reference[name]).mean() / np.abs(reference[name]).mean()
        assert error < 0.03, name


@needs_weights
def test_weights_of_another_width_are_rejected(ssd: pb.Ssd) -> None:
    detector = build_detector(ssd)
    before = np.array(detector.network.weights[0].numpy())
    with pytest.raises(ModelError, match=r"depth_multiplier 1\.0; the config has .* with 0\.1"):
        load_backbone_weights(detector, SHARED)
    np.testing.assert_array_equal(detector.network.weights[0].numpy(), before)


@pytest.mark.parametrize("epsilon", [1e-5, 1e-3, 1e-6])
def test_another_epsilon_has_no_effect_with_moving_statistics(epsilon: float) -> None:
    random = np.random.default_rng(0)
    variance = np.array([0, 1e-6, 1e-3, 0.05, 2], np.float32)
    numbers = random.normal(0, 1, (3, 5)).astype(np.float32)
    pair = ConvNorm(random.normal(0, 1, (1, 1, 3, 5)).astype(np.float32), *numbers, variance, 1e-5)
    folded = pair.with_epsilon(epsilon)
    assert (folded.variance >= 0).all()

    def output(part: ConvNorm) -> np.ndarray:
        maps = random.__class__(np.random.PCG64(1)).normal(0, 1, (7, 3)) @ part.kernel[0, 0].astype(np.float64)
        return (maps - part.mean) / np.sqrt(part.variance + part.epsilon) * part.gamma + part.beta

    rows = slice(0, 5) if epsilon >= 1e-5 else slice(2, 5)
    np.testing.assert_allclose(output(folded)[:, rows], output(pair)[:, rows], rtol=1e-3, atol=1e-2)


def test_checkpoint_arrays_load_the_feature_extractor(ssd: pb.Ssd, tmp_path: Path) -> None:
    donor, detector = build_detector(ssd, seed=1), build_detector(ssd, seed=2)
    arrays = {weight.path: weight.numpy() for weight in donor.network.weights}
    np.savez(tmp_path / "weights.npz", **arrays)
    head = np.array(detector.network.get_layer("box_head").depthwise_kernel.numpy())
    summary = load_backbone_weights(detector, tmp_path / "weights.npz")
    for weight in detector.feature_extractor.weights:
        np.testing.assert_array_equal(weight.numpy(), arrays[weight.path])
    np.testing.assert_array_equal(detector.network.get_layer("box_head").depthwise_kernel.numpy(), head)
    assert summary.missing == ()
    assert "box_head/depthwise_kernel" in summary.unused


@saves_with_keras
def test_keras_file_of_the_network(ssd: pb.Ssd, tmp_path: Path) -> None:
    donor, detector = build_detector(ssd, seed=1), build_detector(ssd, seed=2)
    donor.network.save_weights(tmp_path / "all.weights.h5")
    load_backbone_weights(detector, tmp_path / "all.weights.h5")
    for actual, expected in zip(detector.network.weights, donor.network.weights, strict=True):
        np.testing.assert_array_equal(actual.numpy(), expected.numpy())


def _randomised(model: Any) -> Any:
    random = np.random.default_rng(0)
    for weight in model.weights:
        spread = 0.1 if weight.path.endswith("kernel") else 0.3
        values = random.normal(0, spread, weight.shape)
        weight.assign(np.abs(values) + 0.5 if "variance" in weight.path or "gamma" in weight.path else values)
    return model


@pytest.mark.slow
@saves_with_keras
@pytest.mark.parametrize(("multiplier", "include_top"), [(1.0, False), (0.35, True)])
def test_weights_file_of_the_keras_mobilenet(
    changed_ssd: Changed, tmp_path: Path, multiplier: float, include_top: bool
) -> None:
    options = {"weights": None, "input_shape": (64, 64, 3)}
    donor = _randomised(keras.applications.MobileNetV2(alpha=multiplier, include_top=include_top, **options))
    donor.save_weights(tmp_path / "mobilenet.weights.h5")
    detector = build_detector(
        changed_ssd(f"feature_extractor {{ depth_multiplier: {multiplier} min_depth: 8 }}")
    )
    summary = load_backbone_weights(detector, tmp_path / "mobilenet.weights.h5")
    assert {path.split("/")[0] for path in summary.missing} <= {"Conv_1", "Conv_1_bn"}
    assert bool(summary.missing) == (multiplier < 1)
    images = detector.normalise(PHOTOGRAPH)
    last = "block_16_project_BN" if multiplier < 1 else "out_relu"
    expected = keras.Model(donor.input, donor.get_layer(last).output)(images, training=False)
    found = keras.Model(detector.backbone.input, detector.backbone.get_layer(last).output)(
        images, training=False
    )
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.slow
@saves_with_keras
def test_weights_file_of_the_keras_resnet(changed_ssd: Changed, tmp_path: Path) -> None:
    donor = _randomised(keras.applications.ResNet50(weights=None, include_top=False, input_shape=(160, 160, 3)))
    donor.save_weights(tmp_path / "resnet.weights.h5")
    detector = build_detector(
        changed_ssd(
            "image_resizer { fixed_shape_resizer { height: 160 width: 160 } }"
            "feature_extractor { type: 'ssd_resnet50_v1_fpn_keras' depth_multiplier: 1.0"
            " override_base_feature_extractor_hyperparams: false }"
        )
    )
    summary = load_backbone_weights(detector, tmp_path / "resnet.weights.h5")
    assert summary.missing == ()
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 160, 160, 3))
    preprocessed = keras.applications.resnet.preprocess_input(pixels.copy())
    first = keras.Model(donor.input, donor.get_layer("conv1_relu").output)(preprocessed, training=False)
    ours = keras.Model(detector.backbone.input, detector.backbone.get_layer("conv1_relu").output)(
        detector.normalise(pixels), training=False
    )
    np.testing.assert_allclose(ours, first, rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.npz", None, "there is no such file"),
        ("truncated.npz", b"PK\x03\x04 truncated", "damaged or not an .npz"),
        (
            "truncated.weights.h5",
            b"truncated",
            r"damaged or not a file of weights \(Unable ",
        ),
        ("weights.pth", b"", r"\.pth is not a format of weights; name an \.npz or \.weights\.h5 file"),
    ],
)
def test_invalid_files_are_rejected(
    ssd: pb.Ssd, tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    detector = build_detector(ssd)
    before = [weight.numpy().copy() for weight in detector.network.weights]
    with pytest.raises(ModelError, match=words):
        load_backbone_weights(detector, tmp_path / name)
    for weight, value in zip(detector.network.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


def test_arrays_of_another_network_are_rejected(ssd: pb.Ssd, tmp_path: Path) -> None:
    detector = build_detector(ssd)
    np.savez(tmp_path / "other.npz", first=np.zeros(3))
    np.savez(tmp_path / "wide.npz", **{"Conv1/kernel": np.zeros((3, 3, 3, 99), np.float32)})
    np.savez(tmp_path / "part.npz", **{"features.0.0.weight": np.zeros((32, 3, 3, 3), np.float32)})
    with pytest.raises(ModelError, match=r"names of the arrays \(first …\) are neither those of this detector"):
        load_backbone_weights(detector, tmp_path / "other.npz")
    with pytest.raises(
        ModelError, match=r"Conv1/kernel has shape \[3, 3, 3, 99\], this detector \[3, 3, 3, 8\]"
    ):
        load_backbone_weights(detector, tmp_path / "wide.npz")


def test_imagenet_without_a_network_is_an_error(
    changed_ssd: Changed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))  # where downloads are kept
    detector = build_detector(changed_ssd("feature_extractor { depth_multiplier: 0.35 }"))
    with pytest.raises(ModelError) as caught:
        load_backbone_weights(detector, "imagenet")
    assert str(caught.value).startswith("imagenet: the weights for ssd_mobilenet_v2_fpn_keras")
    assert "check the network, or name a weights file instead" in str(caught.value)
