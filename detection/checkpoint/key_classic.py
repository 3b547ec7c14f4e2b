"""The checkpoint keys of a classic SSD: extra feature maps, and a predictor with separate layers per map."""

import re
from collections.abc import Callable

from sweepbox.detection.checkpoint.key_rules import EXTRACTOR, PREDICTOR, Rule
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.extractors import feature_levels

HEADS = {
    "box": ("box_encodings", "_box_encoder_layers"),
    "class": ("class_predictions_with_background", "_class_predictor_layers"),
}
"""The name of each head in the Object Detection API, and of its list of layers."""


def extra_map_rules(generator: str) -> Callable[[pb.Ssd], list[Rule]]:
    """Return the rules for the extra feature maps of an extractor.

    Args:
        generator: The attribute of the extractor under which the checkpoint has these maps.
    """

    def rules(ssd: pb.Ssd) -> list[Rule]:
        extractor = ssd.feature_extractor
        finest = feature_levels(extractor).start
        halving = 3 + int(extractor.use_explicit_padding)  # a convolution takes 3 list positions, a padding 1
        starts = {"reduce_": 0, "depthwise_": halving, "": halving + 3 * int(extractor.use_depthwise)}

        def layer(found: re.Match[str]) -> str:
            position = starts[found[2]] + int(found[3] == "bn")
            return f"{EXTRACTOR}/{generator}/convolutions/{int(found[1]) - finest}/{position}"

        return [(r"extra_(\d+)_(reduce_|depthwise_|)(conv|bn)", layer)]

    return rules


def convolutional_rules(ssd: pb.Ssd) -> list[Rule]:
    """Return the rules for the predictor that has separate layers for each feature map."""
    finest = feature_levels(ssd.feature_extractor).start
    message = ssd.box_predictor.convolutional_box_predictor

    def head(found: re.Match[str]) -> str:
        name, layers = HEADS[found[1]]
        first = int(found[1] == "class" and message.use_dropout)
        depthwise = {"_depthwise_conv": 0, "_depthwise_bn": 1, "": 3 * int(message.use_depthwise)}
        level = int(found[2]) - finest
        return f"{PREDICTOR}/_prediction_heads/{name}/{level}/{layers}/{first + depthwise[found[3]]}"

    def shared(found: re.Match[str]) -> str:
        position = 3 * int(found[1]) + int(found[3] == "bn")
        return f"{PREDICTOR}/_shared_nets/{int(found[2]) - finest}/{position}"

    return [
        (r"(box|class)_head_level_(\d+)(_depthwise_conv|_depthwise_bn|)", head),
        (r"predictor_(\d+)_level_(\d+)_(conv|bn)", shared),
    ]
