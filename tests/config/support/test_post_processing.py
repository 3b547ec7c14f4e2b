"""Supported post-processing."""

import pytest
from google.protobuf import text_format

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.support.post_processing import post_processing_problems

POST = "model.ssd.post_processing"
NMS = f"{POST}.batch_non_max_suppression"


def _problems(text: str) -> list[str]:
    return post_processing_problems(text_format.Parse(f"post_processing {{ {text} }}", pb.Ssd()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "batch_non_max_suppression { soft_nms_sigma: 0.5 }",
        "batch_non_max_suppression { use_class_agnostic_nms: true }",
        "batch_non_max_suppression { max_classes_per_detection: 2 }",
        "batch_non_max_suppression { use_combined_nms: true change_coordinate_frame: false }",
        "batch_non_max_suppression { use_static_shapes: true use_hard_nms: true }",
        "batch_non_max_suppression { use_partitioned_nms: true use_cpu_nms: true }",
        "batch_non_max_suppression { score_threshold: -3 }",
        "calibration_config { temperature_scaling_calibration { scaler: 2 } }",
        (
            "score_converter: SOFTMAX logit_scale: 0.5 calibration_config { function_approximation { "
            "x_y_pairs { x_y_pair { x: 0.5 y: 0.1 } x_y_pair { x: 0.5 y: 0.2 } } } }"
        ),
        (
            "score_converter: SIGMOID calibration_config { class_id_function_approximations { "
            "class_id_xy_pairs_map { key: 1 value { x_y_pair { x: 0.5 y: 0.1 } } } } }"
        ),
    ],
)
def test_supported_settings(text: str) -> None:
    assert _problems(text) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("max_detections_per_class: 200", "max_detections_per_class = 200 exceeds max_total_detections = 100"),
        ("iou_threshold: 1.5", "iou_threshold = 1.5: give a value of at least 0 and at most 1"),
        ("soft_nms_sigma: -1", "soft_nms_sigma = -1.0: give a value of at least 0"),
        ("max_detections_per_class: 0", "max_detections_per_class = 0: give a value of at least 1"),
        (
            "use_class_agnostic_nms: true max_classes_per_detection: 2",
            "max_classes_per_detection = 2 is not supported with use_class_agnostic_nms; set it to 1",
        ),
        (
            "use_combined_nms: true",
            (
                "use_combined_nms = true is not possible with change_coordinate_frame; set "
                "change_coordinate_frame to false or use_combined_nms to false"
            ),
        ),
        (
            "use_combined_nms: true change_coordinate_frame: false use_class_agnostic_nms: true",
            "use_combined_nms = true is not possible with use_class_agnostic_nms; set",
        ),
        (
            "use_combined_nms: true change_coordinate_frame: false soft_nms_sigma: 0.5",
            "use_combined_nms = true is not possible with soft_nms_sigma; set soft_nms_sigma to 0 or",
        ),
        ("use_static_shapes: true soft_nms_sigma: 0.5", "use_static_shapes = true is not possible with soft"),
        ("use_hard_nms: true soft_nms_sigma: 0.5", "use_hard_nms = true is not possible with soft_nms_sigma"),
    ],
)
def test_unsupported_suppression_is_rejected(text: str, problem: str) -> None:
    [found] = _problems(f"batch_non_max_suppression {{ {text} }}")
    assert found.startswith(f"{NMS}.{problem}")


POINTS = "function_approximation { x_y_pairs { x_y_pair { x: 0.5 y: 0.1 } } }"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "score_converter: SIGMOID batch_non_max_suppression { score_threshold: 1.5 }",
            "batch_non_max_suppression.score_threshold = 1.5: give a value of at least 0 and at most 1",
        ),
        ("logit_scale: 0", "logit_scale = 0.0: give a value above 0"),
        (
            "calibration_config { temperature_scaling_calibration { } }",
            "calibration_config.temperature_scaling_calibration.scaler = 0.0: give a value above 0",
        ),
        (
            "calibration_config { sigmoid_calibration { } }",
            "calibration_config.sigmoid_calibration is not supported; use function_approximation or",
        ),
        (
            f"calibration_config {{ {POINTS} }}",
            f"calibration_config.function_approximation needs scores in 0..1; set {POST}.score_converter to",
        ),
        (
            "score_converter: SIGMOID calibration_config { function_approximation { } }",
            "calibration_config.function_approximation.x_y_pairs: no x_y_pair is given",
        ),
        (
            (
                "score_converter: SIGMOID calibration_config { class_id_function_approximations { "
                "class_id_xy_pairs_map { key: 3 value { x_y_pair { x: 0.5 } x_y_pair { x: 0.4 } } } } }"
            ),
            (
                "calibration_config.class_id_function_approximations.class_id_xy_pairs_map[3]: the x of its "
                "pairs fall; order the pairs by x"
            ),
        ),
    ],
)
def test_unsupported_scores_are_rejected(text: str, problem: str) -> None:
    [found] = _problems(text)
    assert found.startswith(f"{POST}.{problem}")


def test_predictor_score_converter_limits_the_score_range() -> None:
    ssd = text_format.Parse(
        "box_predictor { weight_shared_convolutional_box_predictor { score_converter: SIGMOID } } "
        f"post_processing {{ calibration_config {{ {POINTS} }} }}",
        pb.Ssd(),
    )
    assert post_processing_problems(ssd) == []
