"""Complete networks compared with the Object Detection API, from the same checkpoint."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format

from sweepbox.detection.checkpoint.keys import checkpoint_keys
from sweepbox.detection.checkpoint.object_based import load_object_based
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.model.ssd import SsdDetector, build_detector

SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"
GOLDEN = Path(__file__).parents[1] / "golden"
NAMES = (
    "model_mobilenet_v1_fpn_small",
    "model_mobilenet_v1_ssd_small",
    "model_mobilenet_v2_fpnlite_small",
    "model_mobilenet_v2_ssd_small",
    "model_resnet101_small",
    "model_resnet50_small",
)


@pytest.fixture(scope="module", params=NAMES)
def case(request: pytest.FixtureRequest) -> tuple[SsdDetector, Any, Path]:
    folder = GOLDEN / request.param
    with np.load(folder / "golden.npz") as golden:
        return build_detector(_ssd(folder)), dict(golden), folder


@pytest.fixture
def detector(case: tuple[SsdDetector, Any, Path]) -> SsdDetector:
    load_object_based(case[0].network, case[2] / "ckpt-0", _ssd(case[2]))
    return case[0]


@pytest.fixture
def golden(case: tuple[SsdDetector, Any, Path]) -> Any:
    return case[1]


def _ssd(folder: Path) -> pb.Ssd:
    text = (folder / "pipeline.config").read_text()
    return text_format.Parse(text, pb.TrainEvalPipelineConfig()).model.ssd


def _losses(detector: SsdDetector, golden: Any, predictions: Any) -> dict[str, Any]:
    classes = golden["gt_classes_onehot"].argmax(axis=2).astype(np.int32)
    return detector.losses(predictions, golden["gt_boxes"], classes, golden["gt_weights"])


def _check_losses(losses: dict[str, Any], golden: Any, mode: str) -> None:
    for key, value in losses.items():
        np.testing.assert_allclose(value, golden[f"{mode}_loss/{key}_loss"], rtol=1e-5, err_msg=key)


def test_every_key_of_the_checkpoint_belongs_to_one_variable(
    detector: SsdDetector, case: tuple[SsdDetector, Any, Path]
) -> None:
    listed = tf.train.list_variables(str(case[2] / "ckpt-0"))
    shapes = {key.removesuffix(SUFFIX): shape for key, shape in listed if key.startswith("model/")}
    keys = checkpoint_keys([weight.path for weight in detector.network.weights], _ssd(case[2]))
    assert {keys[weight.path]: list(weight.shape) for weight in detector.network.weights} == shapes


def test_anchors(detector: SsdDetector, golden: Any) -> None:
    np.testing.assert_allclose(detector.anchors, golden["anchors"], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("part", ["backbone", "fpn"])
def test_feature_maps(detector: SsdDetector, golden: Any, part: str) -> None:
    network = detector.backbone if part == "backbone" else detector.feature_extractor
    kept = part if f"infer/{part}_0_shape" in golden else "fpn"  # without a pyramid: its first maps
    for index, tensor in enumerate(network(golden["preprocessed"], training=False)):
        maps, name = np.asarray(tensor), f"infer/{kept}_{index}"
        assert list(maps.shape) == golden[f"{name}_shape"].tolist()
        np.testing.assert_allclose(maps[:, :2, :2, :8], golden[f"{name}_corner"], rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(maps.mean((0, 1, 2)), golden[f"{name}_channel_mean"], rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(maps.std((0, 1, 2)), golden[f"{name}_channel_std"], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("mode", ["infer", pytest.param("train", marks=pytest.mark.default_threads)])
def test_predictions_and_losses(detector: SsdDetector, golden: Any, mode: str) -> None:
    predictions = detector.network(golden["preprocessed"], training=mode == "train")
    boxes, logits = golden[f"{mode}/box_encodings"], golden[f"{mode}/class_predictions_with_background"]
    np.testing.assert_allclose(predictions["box_encodings"], boxes, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(predictions["class_logits"], logits, rtol=1e-3, atol=1e-3)
    _check_losses(_losses(detector, golden, predictions), golden, mode)


def test_detections(detector: SsdDetector, golden: Any) -> None:
    predictions = detector.network(golden["preprocessed"], training=False)
    found = detector.postprocess(predictions, golden["true_image_shapes"][:, :2])
    keys = [key.removeprefix("post/") for key in golden if key.startswith("post/")]
    assert len(keys) == 6
    for key in keys:
        np.testing.assert_allclose(found[key], golden[f"post/{key}"], rtol=1e-4, atol=1e-4, err_msg=key)


@pytest.mark.default_threads
def test_gradients_and_moving_statistics(
    detector: SsdDetector, golden: Any, case: tuple[SsdDetector, Any, Path]
) -> None:
    variables = {variable.path: variable for variable in detector.network.weights}
    keys = {key: path for path, key in checkpoint_keys(variables, _ssd(case[2])).items()}
    watched = [variables[keys[key]].value for key in golden["grad/keys"]]
    with tf.GradientTape() as tape:
        losses = _losses(detector, golden, detector.network(golden["preprocessed"], training=True))
    gradients = [np.asarray(gradient, np.float64) for gradient in tape.gradient(losses["total"], watched)]
    norms = np.array([np.linalg.norm(gradient) for gradient in gradients])
    sums = np.array([gradient.sum() for gradient in gradients])
    np.testing.assert_allclose(norms, golden["grad/norm"], rtol=2e-3, atol=1e-5)
    assert (
        np.abs(sums - golden["grad/sum"]) < 2e-3 * norms * np.sqrt([g.size for g in gradients]) + 1e-5
    ).all()
    moving = [np.asarray(variables[keys[key]]) for key in golden["moving_after_one_forward/keys"]]
    means, firsts = [values.mean() for values in moving], [values.ravel()[0] for values in moving]
    np.testing.assert_allclose(means, golden["moving_after_one_forward/mean"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(firsts, golden["moving_after_one_forward/first"], rtol=1e-4, atol=1e-5)
