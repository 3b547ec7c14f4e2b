"""Write detections of hand-made boxes and scores: ties, limits, thresholds, clipping, NaN and infinity.

Usage: python postprocess_cases.py --out postprocess_cases.npz [--only NAME ...]

Writes for each name in `cases`: `<name>/config` (a `post_processing` message), `<name>/boxes` `[anchors, 4]`,
`<name>/scores` `[batch, anchors, columns]` (logits; the converter is IDENTITY unless the config says otherwise),
`<name>/true_sizes` `[batch, 2]`, `<name>/background` (whether column 0 is the background), `<name>/encodings`
`[batch, anchors, 4]` (the boxes are the anchors; zero encodings leave them unchanged) and the detections, classes
0-based, with raw scores only if a converter or a calibration changed them; or only `<name>/refusal` if the Object
Detection API rejects the settings. The network's input is 100 x 100.
"""

import argparse
import json
import time
from typing import NamedTuple

T0 = time.time()
import compat  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from google.protobuf import text_format  # noqa: E402
from object_detection.builders import model_builder  # noqa: E402
from object_detection.core import box_list  # noqa: E402
from object_detection.protos import model_pb2  # noqa: E402

SIDE = 100
MODEL = """ssd { num_classes: %d image_resizer { fixed_shape_resizer { height: 100 width: 100 } }
 feature_extractor { type: "ssd_resnet50_v1_fpn_keras" conv_hyperparams { activation: RELU_6 }
   fpn { min_level: 3 max_level: 7 } }
 box_coder { faster_rcnn_box_coder {} } matcher { argmax_matcher {} } similarity_calculator { iou_similarity {} }
 box_predictor { weight_shared_convolutional_box_predictor { conv_hyperparams { activation: RELU_6 } } }
 anchor_generator { multiscale_anchor_generator { aspect_ratios: [1.0] } } encode_background_as_zeros: true
 add_background_class: %s
 loss { localization_loss { weighted_smooth_l1 {} } classification_loss { weighted_sigmoid_focal {} } }
 post_processing { %s } }"""
LIMITS = "score_threshold: 0.25 iou_threshold: 0.5 max_detections_per_class: 4 max_total_detections: 6 "


def nms(settings, rest=""):
    """Return a post_processing message with these suppression settings; later ones override earlier ones."""
    names = [word[:-1] for word in settings.split() if word.endswith(":")]
    kept = [
        f"{key} {value}"
        for key, value in zip(LIMITS.split()[::2], LIMITS.split()[1::2], strict=True)
        if key[:-1] not in names
    ]
    return f"batch_non_max_suppression {{ {' '.join(kept)} {settings} }} {rest}".strip()


def grid(count, size=0.08):
    """Return `[count, 4]` boxes that do not touch, row by row."""
    corners = np.array([[0.1 * (i // 9) + 0.02, 0.1 * (i % 9) + 0.02] for i in range(count)])
    return np.concatenate([corners, corners + size], axis=1).astype("f4")


def chain(count, shift, size=0.4):
    """Return `[count, 4]` boxes, each shifted relative to the previous one."""
    left = 0.05 + shift * np.arange(count)
    top = np.full(count, 0.1)
    return np.stack([top, left, top + size, left + size], axis=1).astype("f4")


def columns(*classes):
    """Return `[1, anchors, columns]` with a background column of zeros."""
    scores = np.stack(classes, axis=1).astype("f4")
    return np.concatenate([np.zeros_like(scores[:, :1]), scores], axis=1)[None]


def ties():
    """Cases with equal scores."""
    boxes = grid(8)
    same = columns([0.5] * 8, [0.5] * 8, [0.5] * 8)
    mixed = columns([0.5, 0.75, 0.5, 0.75, 0.5, 0.75, 0.5, 0.75], [0.75, 0.5] * 4, [0.75] * 8)
    near = np.concatenate([chain(4, 0.02), grid(4) + np.array([0.7, 0, 0.7, 0], "f4")])
    for name, settings in VARIANTS.items():
        yield f"ties_{name}", nms(settings), boxes, same
        yield (
            f"ties_mixed_{name}",
            nms(settings + " max_detections_per_class: 3 max_total_detections: 5"),
            boxes,
            mixed,
        )
        yield f"ties_overlapping_{name}", nms(settings), near, mixed


VARIANTS = {
    "classwise": "",
    "agnostic": "use_class_agnostic_nms: true",
    "combined": "use_combined_nms: true change_coordinate_frame: false",
    "hard": "use_hard_nms: true",
    "soft": "soft_nms_sigma: 0.5",
    "static": "use_static_shapes: true",
    "partitioned": "use_partitioned_nms: true use_static_shapes: true",
    "agnostic_static": "use_class_agnostic_nms: true use_static_shapes: true",
    "cpu": "use_cpu_nms: true",
}
SAME_AS_CLASSWISE = ("hard", "cpu")


def edges():
    """Limits, thresholds, clipping, no detections, NaN: each for every kind of suppression."""
    rng = np.random.RandomState(3)
    nine = grid(9)
    falling = columns(np.linspace(0.9, 0.5, 9), np.linspace(0.51, 0.89, 9), np.full(9, 0.1))
    exact = columns([0.25, 0.26, 0.25, 0.5, 0.2, 0.25], [0.2, 0.25, 0.3, 0.25, 0.25, 0.1])
    outside = np.array(
        [
            [0.1, 0.1, 0.3, 0.3],
            [0.6, 0.1, 0.9, 0.4],
            [-0.4, 0.2, -0.1, 0.5],
            [0.4, 0.4, 0.7, 0.9],
            [0.2, 0.5, 0.2, 0.9],
            [0.45, 0.0, 0.5, 0.2],
            [0.1, 0.6, 0.4, 1.3],
            [0.5, 0.5, 0.9, 0.9],
        ],
        "f4",
    )
    scores = columns(rng.uniform(0.3, 1, 8), rng.uniform(0.3, 1, 8))
    nan = columns([0.9, np.nan, 0.7, 0.6, 0.5, 0.4], [np.nan, np.nan, 0.3, 0.8, np.nan, 0.35])
    infinite = columns([0.9, np.inf, 0.7, -np.inf, 0.5, 0.4], [np.inf, 0.3, 0.3, 0.8, np.inf, 0.35])
    crowd = chain(10, 0.03)
    crowded = columns(rng.uniform(0.3, 1, 10), rng.uniform(0.3, 1, 10))
    for name, settings in VARIANTS.items():
        yield f"crowd_{name}", nms(settings), crowd, crowded
        if name in SAME_AS_CLASSWISE:
            continue
        yield f"per_class_{name}", nms(f"{settings} max_total_detections: 20"), nine, falling
        yield f"total_{name}", nms(settings), nine, falling
        yield f"threshold_{name}", nms(settings), grid(6), exact
        yield f"nothing_{name}", nms(f"score_threshold: 0.95 {settings}"), nine, falling
        yield f"nan_{name}", nms(settings), grid(6), nan
        yield f"infinite_{name}", nms(settings), grid(6), infinite
        yield f"window_{name}", nms(f"{settings} max_total_detections: 8"), outside, scores, [[50, 80]]
        yield (
            f"negative_{name}",
            nms(f"score_threshold: -1 {settings}"),
            grid(6),
            columns([-0.5, 0.2, 0.0, -0.1, -2, 0.3], [-0.2, -0.3, -1, 0.1, 0.5, -0.6]),
        )
        broken = np.zeros((1, 6, 4), "f4")
        broken[0, 1, 0], broken[0, 3, 2], broken[0, 4, 2:] = np.nan, 1000.0, 1000.0
        parts = columns([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [0.3] * 6)
        yield f"broken_boxes_{name}", nms(settings), grid(6), parts, [[SIDE, SIDE]], True, broken
    keep = "change_coordinate_frame: false max_total_detections: 8"
    yield "window_kept_combined", nms(f"use_combined_nms: true {keep}"), outside, scores, [[80, 50]]
    all_kept = "max_detections_per_class: 8 max_total_detections: 16 change_coordinate_frame: false"
    yield "window_all_combined", nms(f"use_combined_nms: true {all_kept}"), outside, scores, [[50, 80]]
    yield "window_kept", nms(keep), outside, scores, [[50, 80]]
    yield "window_full_kept", nms(keep), outside, scores
    yield (
        "outside_uses_the_limit",
        nms("max_detections_per_class: 2 max_total_detections: 6"),
        outside,
        scores,
        [[50, 80]],
    )
    yield (
        "zero_threshold",
        nms("score_threshold: 0"),
        grid(4),
        columns([0.0, 0.5, 1e-30, 0.0], [0.0, 0.0, 0.1, 0.0]),
    )


def soft():
    """Soft suppression with a hard threshold: boxes of IoU 0.9 whose scores are barely reduced."""
    boxes, scores = chain(4, 0.02), columns([0.9, 0.8, 0.7, 0.6], [0.4, 0.5, 0.6, 0.7])
    for sigma in (0.1, 0.5, 100.0):
        for iou in (0.0, 0.3, 1.0):
            yield f"soft_{sigma}_{iou}", nms(f"soft_nms_sigma: {sigma} iou_threshold: {iou}"), boxes, scores
    for flag in ("use_hard_nms: true", "use_class_agnostic_nms: true", "use_cpu_nms: true"):
        yield f"soft_with_{flag.split(':')[0]}", nms(f"soft_nms_sigma: 0.5 {flag}"), boxes, scores


def converters():
    """Logits through converters and scales, with and without a background column."""
    rng = np.random.RandomState(5)
    logits = rng.normal(0, 2, (1, 9, 4)).astype("f4")
    for converter in ("IDENTITY", "SIGMOID", "SOFTMAX"):
        for scale in (1.0, 2.5):
            text = nms("", f"score_converter: {converter} logit_scale: {scale}")
            yield f"{converter.lower()}_{scale}", text, grid(9), logits
            yield f"{converter.lower()}_{scale}_bare", text, grid(9), logits[..., 1:], None, False


def contradictions():
    """Incompatible settings."""
    inputs = grid(4), columns([0.5, 0.6, 0.7, 0.8], [0.4] * 4)
    for name, settings in {
        "per_class_above_total": "max_detections_per_class: 9",
        "iou": "iou_threshold: 1.5",
        "negative_iou": "iou_threshold: -0.5",
        "sigma": "soft_nms_sigma: -1",
        "agnostic_classes": "use_class_agnostic_nms: true max_classes_per_detection: 2",
        "classwise_classes": "max_classes_per_detection: 2",
        "combined_frame": "use_combined_nms: true",
        "combined_soft": "use_combined_nms: true change_coordinate_frame: false soft_nms_sigma: 0.5",
        "combined_agnostic": "use_combined_nms: true change_coordinate_frame: false use_class_agnostic_nms: true",
        "combined_static": "use_combined_nms: true change_coordinate_frame: false use_static_shapes: true",
        "soft_static": "soft_nms_sigma: 0.5 use_static_shapes: true",
        "partitioned_not_static": "use_partitioned_nms: true",
        "partitioned_soft": "use_partitioned_nms: true soft_nms_sigma: 0.5 use_static_shapes: true",
        "hard_static": "use_hard_nms: true use_static_shapes: true",
        "none": "max_detections_per_class: 0 max_total_detections: 0",
        "high_threshold": "score_threshold: 1.5",
    }.items():
        yield f"settings_{name}", nms(settings), *inputs
    for scale in (0.0, -1.0):
        yield f"settings_logit_scale_{scale}", nms("", f"logit_scale: {scale}"), *inputs


CALIBRATIONS = {
    "function_steep": "function_approximation { x_y_pairs { x_y_pair { x: 0.01 y: 0.2 } x_y_pair { x: 0.02 y: 0.9 } } }",
    "function_unordered": "function_approximation { x_y_pairs { x_y_pair { x: 0.6 y: 0.8 } x_y_pair { x: 0.2 y: 0.3 } } }",
    "function_repeated": "function_approximation { x_y_pairs { x_y_pair { x: 0.2 y: 0.3 } x_y_pair { x: 0.5 y: 0.5 } "
    "x_y_pair { x: 0.5 y: 0.8 } x_y_pair { x: 0.7 y: 0.9 } } }",
    "function_typed": "function_approximation { x_y_pairs { x_y_pair { x: 0 y: 0.3 } x_y_pair { x: 1 y: 0.7 } "
    "training_data_type: ALL_CLASSES } }",
    "function_empty": "function_approximation { }",
    "temperature_zero": "temperature_scaling_calibration { }",
    "temperature_negative": "temperature_scaling_calibration { scaler: -2 }",
    "class_function_far": "class_id_function_approximations { class_id_xy_pairs_map { key: 7 value { x_y_pair { x: 0 y: 0.3 } "
    "x_y_pair { x: 1 y: 0.7 } } } }",
    "class_function_uneven": "class_id_function_approximations { class_id_xy_pairs_map { key: 1 value { x_y_pair { x: 0 y: 0.3 } "
    "x_y_pair { x: 0.5 y: 0.35 } x_y_pair { x: 1 y: 0.7 } } } class_id_xy_pairs_map { key: 2 value { "
    "x_y_pair { x: 0.2 y: 0.1 } } } }",
    "function": "function_approximation { x_y_pairs { x_y_pair { x: 0.1 y: 0.05 } x_y_pair { x: 0.4 y: 0.6 } "
    "x_y_pair { x: 0.8 y: 0.7 } } }",
    "function_single": "function_approximation { x_y_pairs { x_y_pair { x: 0.1 y: 0.35 } } }",
    "class_function": "class_id_function_approximations { class_id_xy_pairs_map { key: 0 value { x_y_pair { x: 0 y: 0.3 } "
    "x_y_pair { x: 1 y: 0.7 } } } class_id_xy_pairs_map { key: 2 value { x_y_pair { x: 0.2 y: 0.1 } "
    "x_y_pair { x: 0.6 y: 0.9 } } } }",
    "sigmoid": "sigmoid_calibration { sigmoid_parameters { a: -3 b: 0.5 } }",
    "class_sigmoid": "class_id_sigmoid_calibrations { class_id_sigmoid_parameters_map { key: 1 value { a: -2 b: 0.25 } } }",
    "temperature": "temperature_scaling_calibration { scaler: 2 }",
}


def calibrated():
    """Scores after each calibration."""
    rng = np.random.RandomState(9)
    logits = rng.normal(0, 1.5, (2, 9, 4)).astype("f4")
    for name, text in CALIBRATIONS.items():
        for converter, background in (("SIGMOID", True), ("SIGMOID", False), ("IDENTITY", True)):
            rest = f"score_converter: {converter} calibration_config {{ {text} }}"
            full = f"calibration_{name}_{converter.lower()}{'' if background else '_bare'}"
            yield (
                full,
                nms("score_threshold: 0.1", rest),
                grid(9),
                logits[..., 0 if background else 1 :],
                None,
                background,
            )
    rest = f"score_converter: SOFTMAX logit_scale: 2.5 calibration_config {{ {CALIBRATIONS['temperature']} }}"
    yield "calibration_temperature_scaled", nms("score_threshold: 0.1", rest), grid(9), logits


class Inputs(NamedTuple):
    """The inputs of a case; see the module docstring."""

    boxes: np.ndarray
    scores: np.ndarray
    true_sizes: list | None = None
    background: bool = True
    encodings: np.ndarray | None = None


def detections(text, inputs):
    """Return the arrays of a case: its inputs and the model's detections."""
    boxes, scores, true_sizes, background, encodings = inputs
    classes = scores.shape[-1] - int(background)
    config = MODEL % (classes, str(background).lower(), text)
    model = model_builder.build(text_format.Parse(config, model_pb2.DetectionModel()), is_training=False)
    model._anchors = box_list.BoxList(tf.constant(boxes))
    sizes = np.array(true_sizes or [[SIDE, SIDE]] * len(scores), np.int32)
    shapes = np.concatenate([sizes, np.full((len(sizes), 1), 3, np.int32)], axis=1)
    if encodings is None:
        encodings = np.zeros((len(scores), len(boxes), 4), "f4")
    found = model.postprocess(
        {
            "preprocessed_inputs": tf.zeros([len(scores), SIDE, SIDE, 3]),
            "box_encodings": tf.constant(encodings),
            "class_predictions_with_background": tf.constant(scores),
            "anchors": tf.constant(boxes),
        },
        tf.constant(shapes),
    )
    raw = ["raw_detection_boxes"] + ([] if "score_converter" in text else ["raw_detection_scores"])
    arrays = {key: value.numpy() for key, value in found.items() if key not in raw}
    return {
        "config": np.array(text),
        "boxes": boxes,
        "scores": scores,
        "true_sizes": sizes,
        "background": background,
        "encodings": encodings,
        **arrays,
    }


def main():
    """Run every case; if the Object Detection API rejects a case, store its error as `refusal`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--only", nargs="*")
    arguments = parser.parse_args()
    compat.quiet()
    arrays, names = {}, []
    for source in (ties, edges, soft, contradictions, converters, calibrated):
        for name, text, *inputs in source():
            if arguments.only and not any(name.startswith(only) for only in arguments.only):
                continue
            try:
                values = detections(text, Inputs(*inputs))
            except Exception as error:  # noqa: BLE001
                values = {"config": np.array(text), "refusal": np.array(str(error).splitlines()[0][:200])}
            names.append(name)
            arrays.update({f"{name}/{key}": value for key, value in values.items()})
    compat.save_arrays(arguments.out, {"cases": np.array(names), **arrays})
    refused = {name: str(arrays[f"{name}/refusal"]) for name in names if f"{name}/refusal" in arrays}
    print(json.dumps({"seconds": round(time.time() - T0, 1), "cases": len(names), "refused": refused}))


if __name__ == "__main__":
    main()
