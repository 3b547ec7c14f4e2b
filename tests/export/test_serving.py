"""The resizing of the exported model, and its agreement with the detector in training."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format

from sweepbox.detection.checkpoint.weights import load_weights
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.load import load_config
from sweepbox.detection.data.augment.preprocessor import build_preprocessor
from sweepbox.detection.export.resizing import resize_function
from sweepbox.detection.export.serving import serving_module
from sweepbox.detection.model.ssd import build_detector

GOLDEN = Path(__file__).parents[1] / "golden"
MEANS = np.array([123.68, 116.779, 103.939], np.float32)
NORMALISED = {
    "ssd_resnet50_v1_fpn_keras": lambda image: image - MEANS,
    "ssd_mobilenet_v2_fpn_keras": lambda image: image * np.float32(2 / 255) - 1,
}
SUPPORTED = (0, 7, 8)
EVERY_METHOD = (0, 2, 3, 4)


@pytest.mark.parametrize("extractor", NORMALISED)
@pytest.mark.parametrize("index", SUPPORTED)
def test_resizing_equals_the_golden(extractor: str, index: int) -> None:
    with np.load(GOLDEN / "preprocess.npz") as golden:
        resizer = text_format.Parse(str(golden["resizers"][index]), pb.ImageResizer())
        image = NORMALISED[extractor](golden["image"].astype(np.float32))
        resized, size = resize_function(resizer)(image)
        expected = golden[f"{extractor}/preprocessed_{index}"]
        np.testing.assert_allclose(resized, expected, rtol=1e-5, atol=1e-4)
        np.testing.assert_array_equal(size, golden[f"{extractor}/true_shape_{index}"][0, :2])


@pytest.mark.parametrize("index", EVERY_METHOD)
def test_every_resize_method_equals_the_golden(index: int) -> None:
    with np.load(GOLDEN / "preprocess.npz") as golden:
        resizer = text_format.Parse(str(golden["resizers"][index]), pb.ImageResizer())
        resized, _ = resize_function(resizer)(golden["image"].astype(np.float32))
        np.testing.assert_allclose(resized[0], golden[f"resized_{index}"], rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((47, 61), (37, 48)),
        ((61, 47), (48, 37)),
        ((10, 10), (40, 40)),
        ((10, 100), (5, 48)),
        ((1, 500), (1, 48)),
    ],
)
def test_the_true_size_keeps_the_aspect_ratio(size: tuple[int, int], expected: tuple[int, int]) -> None:
    """The smallest side is 1 pixel, because images cannot be resized to 0."""
    text = "keep_aspect_ratio_resizer { min_dimension: 40 max_dimension: 48 pad_to_max_dimension: true }"
    images, true_size = resize_function(text_format.Parse(text, pb.ImageResizer()))(tf.zeros([2, *size, 3]))
    assert images.shape == (2, 48, 48, 3)
    assert true_size.numpy().tolist() == [*expected]


KEEP_ASPECT = (
    "keep_aspect_ratio_resizer { min_dimension: 96 max_dimension: 128 pad_to_max_dimension: true "
    "per_channel_pad_value: [0.5, 0.25, 0.125] }"
)
FIXED = "fixed_shape_resizer { height: 128 width: 160 }"
OTHER_METHODS = tuple(
    f"fixed_shape_resizer {{ height: 128 width: 160 resize_method: {method} }}"
    for method in ("NEAREST_NEIGHBOR", "BICUBIC", "AREA")
)


@pytest.mark.parametrize(
    ("resizer_text", "shape"),
    [
        *((text, shape) for text in (FIXED, KEEP_ASPECT) for shape in ((90, 133), (200, 70), (1, 300))),
        *((text, (90, 233)) for text in OTHER_METHODS),
    ],
)
def test_images_are_resized_as_in_training(resizer_text: str, shape: tuple[int, int]) -> None:
    resizer = text_format.Parse(resizer_text, pb.ImageResizer())
    image = _noise(shape)
    nothing = np.zeros((1, 1), np.float32)
    expected = build_preprocessor(resizer, ())(
        image,
        np.array([shape], np.int32),
        np.zeros((1, 1, 4), np.float32),
        nothing.astype(np.int32),
        nothing,
        np.zeros((1, 0), np.float32),
        normalise=NORMALISED["ssd_mobilenet_v2_fpn_keras"],
    )
    images, size = resize_function(resizer)(NORMALISED["ssd_mobilenet_v2_fpn_keras"](image.astype(np.float32)))
    np.testing.assert_allclose(images, expected.images, atol=5e-5 if "resize_method" in resizer_text else 1e-6)
    np.testing.assert_array_equal(size, expected.true_sizes[0])


@pytest.mark.slow
@pytest.mark.parametrize("resizer_text", [FIXED, KEEP_ASPECT])
def test_detections_equal_those_of_the_detector_in_process(golden_checkpoint: Path, resizer_text: str) -> None:
    config = load_config(golden_checkpoint / "pipeline.config")
    resizer = text_format.Parse(resizer_text, pb.ImageResizer())
    config.model.ssd.image_resizer.CopyFrom(resizer)
    detector = build_detector(config.model.ssd)
    load_weights(detector.network, golden_checkpoint / "weights.npz")
    image = _noise((90, 133))
    served = serving_module(detector, resizer)(image)
    images, size = resize_function(resizer)(detector.normalise(image))

    @tf.function  # compiled, as in the evaluation during training
    def detect(images: tf.Tensor, sizes: tf.Tensor) -> dict[str, tf.Tensor]:
        return detector.postprocess(detector.network(images, training=False), sizes)

    expected = detect(images, size[None])
    assert int(expected["num_detections"][0]) > 5
    expected["detection_classes"] = expected["detection_classes"] + 1.0
    assert served.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(served[name], value, rtol=1e-5, atol=1e-5, err_msg=name)


def _noise(shape: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (1, *shape, 3)).astype(np.uint8)
