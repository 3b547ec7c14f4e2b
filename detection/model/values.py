"""Dynamic hyperparameters: variables of the compiled program, which another trial can set without compiling."""

from collections.abc import Callable

import keras

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.extractors import EXTRACTORS, Backbone
from sweepbox.detection.model.hyperparameters import (
    MOBILENET_DEFAULT_L2,
    RESNET_DEFAULT_L2,
    chosen_predictor,
    penalty_weight,
)
from sweepbox.detection.model.loss_values import LOSS_READERS


def _backbone_penalty(ssd: pb.Ssd) -> float:
    extractor = ssd.feature_extractor
    if extractor.override_base_feature_extractor_hyperparams:
        return penalty_weight(extractor.conv_hyperparams)
    backbone = EXTRACTORS[extractor.type].backbone
    return RESNET_DEFAULT_L2 if backbone is Backbone.RESNET_V1 else MOBILENET_DEFAULT_L2


def _predictor_penalty(ssd: pb.Ssd) -> float:
    return penalty_weight(chosen_predictor(ssd).conv_hyperparams)


READERS: dict[str, Callable[[pb.Ssd], float]] = {
    **LOSS_READERS,
    "backbone_penalty": _backbone_penalty,
    "feature_pyramid_penalty": lambda ssd: penalty_weight(ssd.feature_extractor.conv_hyperparams),
    "predictor_penalty": _predictor_penalty,
    "matched_threshold": lambda ssd: ssd.matcher.argmax_matcher.matched_threshold,
    "unmatched_threshold": lambda ssd: ssd.matcher.argmax_matcher.unmatched_threshold,
    "nms_score_threshold": lambda ssd: ssd.post_processing.batch_non_max_suppression.score_threshold,
    "nms_iou_threshold": lambda ssd: ssd.post_processing.batch_non_max_suppression.iou_threshold,
}
"""How each dynamic value is read from a config."""


def dynamic_values(ssd: pb.Ssd) -> dict[str, keras.Variable]:
    """Return one non-trainable float32 scalar variable for each dynamic value, by name."""
    return {
        name: keras.Variable(read(ssd), dtype="float32", trainable=False, name=name)
        for name, read in READERS.items()
    }


def assign_values(values: dict[str, keras.Variable], ssd: pb.Ssd) -> None:
    """Set the variables to the values of another config."""
    for name, read in READERS.items():
        values[name].assign(read(ssd))
