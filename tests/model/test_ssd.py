import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.model.precision import Precision
from sweepbox.detection.model.ssd import SsdDetector, build_detector, input_size
from sweepbox.detection.model.static import detector_part

Changed = Callable[[str], pb.Ssd]

RESNET = """
  image_resizer { fixed_shape_resizer { height: 160 width: 160 } }
  feature_extractor { type: "ssd_resnet50_v1_fpn_keras" depth_multiplier: 0.05 min_depth: 4 }
"""

LOW_LEVELS = """
  feature_extractor { fpn { min_level: 2 max_level: 4 } }
  anchor_generator { multiscale_anchor_generator { min_level: 2 max_level: 4 } }
"""
KEEP_ASPECT = """
  image_resizer { keep_aspect_ratio_resizer { min_dimension: 64 max_dimension: 64 pad_to_max_dimension: true } }
"""

CLASSIC_PARTS = """
  anchor_generator { ssd_anchor_generator { num_layers: 5 aspect_ratios: [1.0, 2.0, 0.5] } }
  box_predictor { convolutional_box_predictor {
    conv_hyperparams { initializer { random_normal_initializer { stddev: 0.01 } } batch_norm {} }
    num_layers_before_predictor: 1 max_depth: 8 class_prediction_bias_init: -4.6
  } }
"""
UNSHARED = """
  box_predictor { weight_shared_convolutional_box_predictor {
    use_depthwise: false share_prediction_tower: false use_dropout: true num_layers_before_predictor: 0
  } }
"""
REGULARISED_HEADS = """
  box_predictor { weight_shared_convolutional_box_predictor {
    apply_conv_hyperparams_to_heads: true apply_conv_hyperparams_pointwise: true
    box_encodings_clip_range { min: -1 max: 1 }
  } }
"""


@pytest.fixture(scope="module")
def detector(ssd_text: str) -> SsdDetector:
    return build_detector(text_format.Parse(ssd_text, pb.Ssd()), seed=3)


def _truth() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    boxes = np.zeros((2, 4, 4), np.float32)
    boxes[:, 0] = [0.1, 0.2, 0.6, 0.7]
    boxes[1, 1] = [0.5, 0.5, 0.9, 0.9]
    return boxes, np.array([[2, 0, 0, 0], [1, 0, 0, 0]], np.int32), (boxes.any(axis=2)).astype(np.float32)


def _images(detector: SsdDetector, batch: int = 2) -> np.ndarray:
    random = np.random.default_rng(0)
    return np.asarray(detector.normalise(random.uniform(0, 255, (batch, *detector.input_size, 3))))


def _numbers(detector: SsdDetector) -> dict[str, np.ndarray]:
    return {weight.path: np.array(weight.numpy()) for weight in detector.network.weights}


def test_predictions_have_one_row_for_each_anchor(detector: SsdDetector) -> None:
    predictions = detector.network(_images(detector), training=False)
    assert predictions["box_encodings"].shape == (2, len(detector.anchors), 4)
    assert predictions["class_logits"].shape == (2, len(detector.anchors), 4)
    assert len(detector.anchors) == 6 * (64 + 16 + 4 + 1 + 1)


def test_losses_are_finite_and_sum_to_the_total(detector: SsdDetector) -> None:
    predictions = detector.network(_images(detector), training=False)
    losses = {key: float(value) for key, value in detector.losses(predictions, *_truth()).items()}
    parts = ("localization", "classification", "regularization")
    assert all(losses[key] > 0 for key in parts)
    assert losses["total"] == pytest.approx(sum(losses[key] for key in parts))


def test_padding_boxes_do_not_change_losses(detector: SsdDetector) -> None:
    predictions = detector.network(_images(detector), training=False)
    boxes, classes, weights = _truth()
    more = [np.concatenate([array, np.zeros_like(array)], axis=1) for array in (boxes, classes, weights)]
    expected = detector.losses(predictions, boxes, classes, weights)
    assert float(detector.losses(predictions, *more)["total"]) == pytest.approx(float(expected["total"]))


def test_detections_inside_a_graph_have_static_shapes(detector: SsdDetector) -> None:
    detect = tf.function(lambda images, sizes: detector.postprocess(detector.network(images), sizes))
    concrete = detect.get_concrete_function(
        tf.TensorSpec((None, 64, 64, 3)), tf.TensorSpec((None, 2), tf.int32)
    )
    anchors = len(detector.anchors)
    assert {key: shape.as_list()[1:] for key, shape in concrete.output_shapes.items()} == {
        "detection_boxes": [10, 4],
        "detection_scores": [10],
        "detection_classes": [10],
        "num_detections": [],
        "detection_multiclass_scores": [10, 4],
        "detection_anchor_indices": [10],
        "raw_detection_boxes": [anchors, 4],
        "raw_detection_scores": [anchors, 4],
    }
    found = concrete(tf.constant(_images(detector)), tf.constant([[64, 64], [64, 32]]))
    assert all(value.dtype == tf.float32 for value in found.values())
    assert found["num_detections"].numpy().tolist() == [10, 10]


def test_variable_paths_are_unique_and_stable(detector: SsdDetector, ssd: pb.Ssd) -> None:
    paths = [weight.path for weight in detector.network.weights]
    assert len(set(paths)) == len(paths)
    assert paths == [weight.path for weight in build_detector(ssd).network.weights]
    expected = {"Conv1/kernel", "block_1_depthwise/kernel", "fpn_lateral_3/bias", "fpn_smooth_4_bn/gamma"}
    expected |= {"coarse_7_conv/pointwise_kernel", "prediction_tower_1_level_5_bn/beta", "class_head/bias"}
    assert expected <= set(paths)


def test_a_seed_gives_the_same_weights_again(ssd: pb.Ssd) -> None:
    first, second = build_detector(ssd, seed=5), build_detector(ssd, seed=6)
    before = _numbers(first)
    first.network(_images(first), training=True)
    assert any((before[path] != value).any() for path, value in _numbers(first).items())
    second.initialise(5)
    first.initialise(5)
    again, other = _numbers(first), _numbers(second)
    for path, value in before.items():
        np.testing.assert_array_equal(again[path], value)
        np.testing.assert_array_equal(other[path], value)


@pytest.mark.slow
def test_another_process_initialises_the_same_weights(detector: SsdDetector, ssd_text: str) -> None:
    code = (
        "import sys, numpy as np; from google.protobuf import text_format;"
        "from sweepbox.detection.config import pipeline_pb2 as pb; "
        "from sweepbox.detection.model.ssd import build_detector;"
        "d = build_detector(text_format.Parse(sys.stdin.read(), pb.Ssd()), seed=3);"
        "print([float(np.sum(np.abs(w.numpy().astype(np.float64)))) for w in d.network.weights][:8])"
    )
    result = subprocess.run([sys.executable, "-c", code], input=ssd_text, capture_output=True, text=True)
    detector.initialise(3)
    expected = [float(np.sum(np.abs(w.numpy().astype(np.float64)))) for w in detector.network.weights][:8]
    assert result.stdout.strip() == str(expected), result.stderr


def test_initial_values_follow_the_config(detector: SsdDetector) -> None:
    detector.initialise(3)
    numbers = _numbers(detector)
    np.testing.assert_allclose(numbers["class_head/bias"], -4.6)
    np.testing.assert_array_equal(numbers["box_head/bias"], 0)
    np.testing.assert_array_equal(numbers["bn_Conv1/gamma"], 1)
    assert numbers["Conv_1/kernel"].std() == pytest.approx(0.01, rel=0.1)
    glorot = (2 / (80 // 10 + 8)) ** 0.5
    assert numbers["coarse_6_conv/pointwise_kernel"].std() == pytest.approx(glorot, rel=0.3)


def test_assign_changes_dynamic_values_only(ssd: pb.Ssd, changed_ssd: Changed) -> None:
    detector = build_detector(ssd)
    predictions = detector.network(_images(detector), training=False)
    losses = tf.function(lambda: detector.losses(predictions, *_truth()))
    before = {key: float(value) for key, value in losses().items()}
    other = changed_ssd(
        "loss { localization_weight: 2 classification_loss { weighted_sigmoid_focal { gamma: 1 } } }"
        "feature_extractor { conv_hyperparams { regularizer { l2_regularizer { weight: 0.0008 } } } }"
        "box_predictor { weight_shared_convolutional_box_predictor {"
        " conv_hyperparams { regularizer { l2_regularizer { weight: 0.0008 } } } } }"
        "post_processing { batch_non_max_suppression { score_threshold: 0.9 } }"
    )
    detector.assign(other)
    after = {key: float(value) for key, value in losses().items()}
    assert losses.experimental_get_tracing_count() == 1
    assert after["localization"] == pytest.approx(2 * before["localization"], rel=1e-5)
    assert after["regularization"] == pytest.approx(2 * before["regularization"], rel=1e-5)
    assert after["classification"] > before["classification"]
    found = detector.postprocess(predictions, np.array([[64, 64]] * 2, np.int32))
    assert np.asarray(found["num_detections"]).tolist() == [0, 0]


@pytest.mark.parametrize(
    "text",
    [
        "loss { localization_weight: 3 classification_weight: 0.5 }",
        "loss { classification_loss { weighted_sigmoid_focal { alpha: 0.4 gamma: 1.5 } } }",
        "loss { localization_loss { weighted_smooth_l1 { delta: 0.5 } } }",
        "matcher { argmax_matcher { matched_threshold: 0.6 unmatched_threshold: 0.4 } }",
        "negative_class_weight: 0.5",
        "post_processing { batch_non_max_suppression { score_threshold: 0.5 iou_threshold: 0.4 } }",
    ],
)
def test_dynamic_fields_do_not_change_the_compile_part(ssd: pb.Ssd, changed_ssd: Changed, text: str) -> None:
    assert detector_part(changed_ssd(text)) == detector_part(ssd)


@pytest.mark.parametrize(
    "text",
    [
        "num_classes: 4",
        "image_resizer { fixed_shape_resizer { height: 96 } }",
        "freeze_batchnorm: true",
        "feature_extractor { use_depthwise: false }",
        "post_processing { batch_non_max_suppression { max_total_detections: 11 } }",
    ],
)
def test_other_fields_are_in_the_compile_part(ssd: pb.Ssd, changed_ssd: Changed, text: str) -> None:
    assert detector_part(changed_ssd(text)) != detector_part(ssd)


def test_presence_of_alpha_is_in_the_compile_part(ssd: pb.Ssd, detector: SsdDetector) -> None:
    ssd.loss.classification_loss.weighted_sigmoid_focal.ClearField("alpha")
    assert detector_part(ssd) != detector.compile_part
    with pytest.raises(ValueError, match="more than dynamic hyperparameters"):
        detector.assign(ssd)


def test_bfloat16_keeps_weights_and_predictions_in_float32(ssd: pb.Ssd) -> None:
    exact, fast = build_detector(ssd), build_detector(ssd, precision=Precision.BFLOAT16)
    predictions = fast.network(_images(fast), training=True)
    expected = exact.network(_images(exact), training=True)
    assert {str(weight.dtype) for weight in fast.network.weights} == {"float32"}
    assert all(value.dtype == tf.float32 for value in predictions.values())
    losses, exact_losses = fast.losses(predictions, *_truth()), exact.losses(expected, *_truth())
    assert float(losses["total"]) == pytest.approx(float(exact_losses["total"]), rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        RESNET,
        RESNET + "feature_extractor { override_base_feature_extractor_hyperparams: false }",
        "feature_extractor { use_depthwise: false use_explicit_padding: true }",
        "feature_extractor { depth_multiplier: 1.4 override_base_feature_extractor_hyperparams: false }",
        LOW_LEVELS,
        CLASSIC_PARTS,
        UNSHARED,
        REGULARISED_HEADS,
        "add_background_class: false",
        "freeze_batchnorm: true encode_background_as_zeros: false",
        "image_resizer { fixed_shape_resizer { height: 96 width: 64 } }",
        KEEP_ASPECT,
    ],
)
def test_variants_train_and_detect(changed_ssd: Changed, text: str) -> None:
    detector = build_detector(changed_ssd(text))
    images = _images(detector)
    with tf.GradientTape() as tape:
        losses = detector.losses(detector.network(images, training=True), *_truth())
    weights = detector.network.trainable_weights
    gradients = tape.gradient(losses["total"], [weight.value for weight in weights])
    assert all(gradient is not None and np.isfinite(gradient).all() for gradient in gradients)
    sizes = np.array([detector.input_size] * 2, np.int32)
    found = detector.postprocess(detector.network(images, training=False), sizes)
    assert np.isfinite(np.asarray(found["detection_boxes"])).all()


def test_padding_the_image_keeps_the_cells_of_each_level(changed_ssd: Changed) -> None:
    size = "image_resizer { fixed_shape_resizer { height: 80 width: 100 } } "
    detector = build_detector(changed_ssd(size + "feature_extractor { pad_to_multiple: 32 }"))
    assert detector.input_size == (80, 100)
    predictions = detector.network(_images(detector), training=False)
    assert (
        predictions["box_encodings"].shape[1]
        == len(detector.anchors)
        == 6 * (12 * 16 + 6 * 8 + 3 * 4 + 2 * 2 + 1)
    )


def test_mobilenet_channels_and_shortcuts_at_depth_multiplier_one_third(changed_ssd: Changed) -> None:
    detector = build_detector(changed_ssd("feature_extractor { depth_multiplier: 0.35 min_depth: 16 }"))
    layers = {layer.name: layer for layer in detector.network.layers}
    assert layers["Conv1"].filters == 16
    assert layers["block_1_project"].filters == 16
    assert layers["block_1_expand"].filters == 96
    assert layers["Conv_1"].filters == 448
    assert "block_2_add" not in layers
    assert "block_4_add" in layers


def test_depthwise_kernels_are_regularised_but_not_pointwise_and_head_kernels(
    detector: SsdDetector,
) -> None:
    backbone, pyramid, predictor = ([kernel.path for kernel in part.kernels] for part in detector.penalties)
    assert len(backbone) == 52
    assert sorted(pyramid) == sorted(
        [f"{name}/kernel" for name in ("fpn_top", "fpn_lateral_3", "fpn_lateral_4")]
        + [f"{name}_conv/depthwise_kernel" for name in ("fpn_smooth_3", "fpn_smooth_4", "coarse_6", "coarse_7")]
    )
    assert predictor == ["prediction_tower_0_conv/depthwise_kernel", "prediction_tower_1_conv/depthwise_kernel"]


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("feature_extractor { override_base_feature_extractor_hyperparams: false }", 4e-5),
        (RESNET + "feature_extractor { override_base_feature_extractor_hyperparams: false }", 2e-4),
        ("", 4e-4),
    ],
)
def test_penalty_of_the_backbone(changed_ssd: Changed, text: str, weight: float) -> None:
    detector = build_detector(changed_ssd(text))
    assert float(detector.penalties[0].weight) == pytest.approx(weight)


def test_initialising_resets_dropout(changed_ssd: Changed) -> None:
    detector = build_detector(
        changed_ssd("box_predictor { weight_shared_convolutional_box_predictor { use_dropout: true } }")
    )
    images = _images(detector)
    first = np.asarray(detector.network(images, training=True)["class_logits"])
    assert (np.asarray(detector.network(images, training=True)["class_logits"]) != first).any()
    detector.initialise(0)
    np.testing.assert_array_equal(detector.network(images, training=True)["class_logits"], first)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "feature_extractor { type: 'ssd_vgg' }",
            r"type: 'ssd_vgg' is not supported; use one of ssd_resnet50_v1_fpn",
        ),
        (
            "image_resizer { fixed_shape_resizer { height: 100 } }",
            r"100x64 is not a multiple of 32.*pad_to_multiple",
        ),
        ("image_resizer { fixed_shape_resizer { height: 32 } }", r"32x64 is too small.*at least 33 pixels"),
        (
            "image_resizer { identity_resizer {} }",
            r"identity_resizer is not supported: its images differ in size",
        ),
        ("feature_extractor { fpn { min_level: 6 } }", r"levels 6 to 7"),
        ("feature_extractor { bifpn {} }", r"bifpn is not supported; set fpn"),
        ("num_classes: 0", r"num_classes: 0 is below 1"),
        (
            "box_coder { square_box_coder {} }",
            r"box_coder: square_box_coder is set; use faster_rcnn_box_coder",
        ),
        (
            "loss { localization_loss { l1_localization_loss {} } }",
            r"localization_loss: l1_localization_loss is set; use one of weighted_smooth_l1",
        ),
        (
            "feature_extractor { conv_hyperparams { group_norm {} } }",
            r"conv_hyperparams\.group_norm is not supported",
        ),
    ],
)
def test_unsupported_fields_are_refused(changed_ssd: Changed, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        build_detector(changed_ssd(text))


def test_problems_are_reported_together(changed_ssd: Changed) -> None:
    with pytest.raises(ConfigError) as caught:
        build_detector(changed_ssd("num_classes: 0 matcher { bipartite_matcher {} }"))
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("extractor", "expected"),
    [
        ("ssd_mobilenet_v2_fpn_keras", [[-1, -1, -1], [1, 1, 1]]),
        ("ssd_resnet50_v1_fpn_keras", [[-123.68, -116.779, -103.939], [131.32, 138.221, 151.061]]),
    ],
)
def test_normalisation(changed_ssd: Changed, extractor: str, expected: list[list[float]]) -> None:
    size = "image_resizer { fixed_shape_resizer { height: 160 width: 160 } }"
    detector = build_detector(changed_ssd(f"feature_extractor {{ type: '{extractor}' }} {size}"))
    np.testing.assert_allclose(detector.normalise(np.array([[0, 0, 0], [255, 255, 255]])), expected, rtol=1e-5)


def test_input_sizes() -> None:
    fixed = pb.ImageResizer(fixed_shape_resizer=pb.FixedShapeResizer(height=3, width=4))
    padded = pb.KeepAspectRatioResizer(min_dimension=5, max_dimension=6, pad_to_max_dimension=True)
    assert input_size(fixed) == (3, 4)
    assert input_size(pb.ImageResizer(keep_aspect_ratio_resizer=padded)) == (6, 6)


def test_a_full_size_resnet_has_the_number_of_weights_of_published_checkpoints(changed_ssd: Changed) -> None:
    detector = build_detector(
        changed_ssd(
            "image_resizer { fixed_shape_resizer { height: 160 width: 160 } }"
            "feature_extractor { type: 'ssd_resnet50_v1_fpn_keras' depth_multiplier: 1 min_depth: 16"
            " fpn { additional_layer_depth: 256 } }"
            "box_predictor { weight_shared_convolutional_box_predictor { depth: 256"
            " num_layers_before_predictor: 4 use_depthwise: false share_prediction_tower: false } }"
        )
    )
    shapes = [weight.shape for weight in detector.network.weights]
    assert (len(shapes), sum(int(np.prod(shape)) for shape in shapes)) == (463, 31_713_008)
