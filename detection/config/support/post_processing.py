"""Checks of the post-processing."""

from collections.abc import Iterable, Iterator

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.support.parts import SSD, for_ssd
from sweepbox.detection.config.support.rules import MOST_BOXES, Check, Choice, Range

POST = f"{SSD}.post_processing"
NMS = f"{POST}.batch_non_max_suppression"
CALIBRATION = f"{POST}.calibration_config"
FUNCTIONS = ("function_approximation", "class_id_function_approximations")

EXCLUSIVE = (
    ("use_combined_nms", "change_coordinate_frame"),
    ("use_combined_nms", "use_class_agnostic_nms"),
    ("use_combined_nms", "soft_nms_sigma"),
    ("use_static_shapes", "soft_nms_sigma"),
    ("use_hard_nms", "soft_nms_sigma"),
)
"""Pairs of suppression settings that cannot both be set."""


HARMLESS_SCORE = 0.01
"""A score threshold up to this hardly changes average precision; published configs have 1e-8."""


def cutting_threshold(ssd: pb.Ssd) -> float | None:
    """Return the score threshold of a config where it takes detections away from the evaluation, else None."""
    threshold = ssd.post_processing.batch_non_max_suppression.score_threshold
    return float(f"{threshold:.6g}") if threshold > HARMLESS_SCORE and are_scores_bounded(ssd) else None


def check_detections(ssd: pb.Ssd) -> Iterator[str]:
    """Check that a class does not have more detections than the image."""
    nms = ssd.post_processing.batch_non_max_suppression
    if nms.max_detections_per_class > nms.max_total_detections:
        yield (
            f"{NMS}.max_detections_per_class = {nms.max_detections_per_class} exceeds max_total_detections = "
            f"{nms.max_total_detections}; lower it"
        )


def check_kind(ssd: pb.Ssd) -> Iterator[str]:
    """Check that the settings choose one kind of suppression."""
    nms = ssd.post_processing.batch_non_max_suppression
    for kind, other in EXCLUSIVE:
        if getattr(nms, kind) and getattr(nms, other) > 0:
            off = "0" if other == "soft_nms_sigma" else "false"
            yield f"{NMS}.{kind} = true is not possible with {other}; set {other} to {off} or {kind} to false"
    if nms.use_class_agnostic_nms and nms.max_classes_per_detection > 1:
        yield (
            f"{NMS}.max_classes_per_detection = {nms.max_classes_per_detection} is not supported with "
            "use_class_agnostic_nms; set it to 1"
        )


def check_score_threshold(ssd: pb.Ssd) -> Iterator[str]:
    """Check that the threshold is in the range of the scores; without a converter they are unbounded."""
    if are_scores_bounded(ssd):
        threshold = ssd.post_processing.batch_non_max_suppression.score_threshold
        if not 0 <= threshold <= 1:
            yield f"{NMS}.score_threshold = {threshold:g}: give a value of at least 0 and at most 1"


def check_calibration(ssd: pb.Ssd) -> Iterator[str]:
    """Check that calibration functions have ordered points and get scores in 0..1."""
    config = ssd.post_processing.calibration_config
    kind = config.WhichOneof("calibrator")
    if kind in FUNCTIONS and not are_scores_bounded(ssd):
        yield f"{CALIBRATION}.{kind} needs scores in 0..1; set {POST}.score_converter to SIGMOID or SOFTMAX"
    if kind == "function_approximation":
        pairs = config.function_approximation.x_y_pairs.x_y_pair
        yield from _problems_of_points(f"{CALIBRATION}.{kind}.x_y_pairs", pairs)
    functions = config.class_id_function_approximations.class_id_xy_pairs_map
    for class_id in sorted(functions):
        path = f"{CALIBRATION}.class_id_function_approximations.class_id_xy_pairs_map[{class_id}]"
        yield from _problems_of_points(path, functions[class_id].x_y_pair)


def _problems_of_points(path: str, pairs: Iterable[pb.XYPairs.XYPair]) -> Iterator[str]:
    x = [pair.x for pair in pairs]
    if not x:
        yield f"{path}: no x_y_pair is given; give at least one, or remove calibration_config"
    if x != sorted(x):
        yield f"{path}: the x of its pairs fall; order the pairs by x"


def are_scores_bounded(ssd: pb.Ssd) -> bool:
    """Return whether the predictor or the post-processing converts the scores to 0..1."""
    weight_shared = ssd.box_predictor.weight_shared_convolutional_box_predictor
    own = pb.WeightSharedConvolutionalBoxPredictor.IDENTITY
    return ssd.post_processing.score_converter != pb.PostProcessing.IDENTITY or (
        weight_shared.score_converter != own
    )


POST_PROCESSING_CHECKS: tuple[Check, ...] = (
    for_ssd(check_score_threshold),
    Range(f"{NMS}.iou_threshold", 0, 1),
    Range(f"{NMS}.max_detections_per_class", 1, MOST_BOXES),
    Range(f"{NMS}.max_total_detections", 1, MOST_BOXES),
    Range(f"{NMS}.soft_nms_sigma", 0),
    for_ssd(check_kind),
    for_ssd(check_detections),
    Range(f"{POST}.logit_scale", 0, above=True),
    Choice(CALIBRATION, "calibrator", (*FUNCTIONS, "temperature_scaling_calibration"), optional=True),
    Range(f"{CALIBRATION}.temperature_scaling_calibration.scaler", 0, above=True),
    for_ssd(check_calibration),
)
"""The checks of `model.ssd.post_processing`."""


def post_processing_problems(ssd: pb.Ssd) -> list[str]:
    """Return the problems of one model's post-processing, one line each."""
    config = pb.TrainEvalPipelineConfig(model=pb.DetectionModel(ssd=ssd))
    return [problem for check in POST_PROCESSING_CHECKS for problem in check(config)]
