"""The checkpoint keys of each family of detectors: one table by feature extractor, one by box predictor."""

import re
from collections.abc import Callable, Sequence

from sweepbox.detection.checkpoint.key_classic import convolutional_rules, extra_map_rules
from sweepbox.detection.checkpoint.key_rules import EXTRACTOR, PREDICTOR, BackboneLayout, Rule
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.extractors import feature_levels, top_level

RESNET_BLOCK_ORDER = ("1_conv", "1_bn", "2_conv", "2_bn", "0_conv", "3_conv", "0_bn", "3_bn")
"""The order in which the Object Detection API numbers the layers of a ResNet block.

Only the first block of a stage has a shortcut (0).
"""

TOWERS = {
    "box": ("BoxPredictionTower", "box_encodings"),
    "class": ("ClassPredictionTower", "class_predictions_with_background"),
    "prediction": ("PredictionTower", "box_encodings"),
}


def resnet_order(layers: Sequence[str]) -> list[str]:
    """Return the layers of a ResNet in the order in which the Object Detection API numbers them."""
    blocks: dict[str, list[str]] = {}
    for layer in layers:
        block = re.match(r"conv\d_block\d+_", layer)
        blocks.setdefault(block[0] if block else "", []).append(layer)
    ordered = blocks.pop("", [])
    for name, members in blocks.items():
        ordered += sorted(members, key=lambda layer: RESNET_BLOCK_ORDER.index(layer.removeprefix(name)))
    return ordered


def feature_pyramid_rules(ssd: pb.Ssd) -> list[Rule]:
    """Return the rules for a feature pyramid and the coarse levels above it."""
    top = top_level(ssd.feature_extractor)
    pyramid, coarse = f"{EXTRACTOR}/_fpn_features_generator", f"{EXTRACTOR}/_coarse_feature_layers"

    def position(found: re.Match[str]) -> str:
        return "0" if found[2] == "conv" else "1"

    return [
        (r"fpn_top", lambda _: f"{pyramid}/top_layers/0"),
        (r"fpn_lateral_(\d+)", lambda found: f"{pyramid}/residual_blocks/{top - 1 - int(found[1])}/0"),
        (
            r"fpn_smooth_(\d+)_(conv|bn)",
            lambda found: f"{pyramid}/conv_layers/{top - 1 - int(found[1])}/{position(found)}",
        ),
        (
            r"coarse_(\d+)_(conv|bn)",
            lambda found: f"{coarse}/{int(found[1]) - top - 1}/{position(found)}",
        ),
    ]


def weight_shared_rules(ssd: pb.Ssd) -> list[Rule]:
    """Return the rules for the predictor whose convolutions are shared by all levels."""
    finest = feature_levels(ssd.feature_extractor).start
    dropout = ssd.box_predictor.weight_shared_convolutional_box_predictor.use_dropout
    class_head = "_prediction_heads/class_predictions_with_background/_class_predictor_layers"

    def tower_norm(found: re.Match[str]) -> str:
        level, position = int(found[3]) - finest, 3 * int(found[2]) + 1
        return f"{PREDICTOR}/_base_tower_layers_for_heads/{TOWERS[found[1]][1]}/{level}/{position}"

    return [
        (
            r"(box|class|prediction)_tower_(\d+)_conv",
            lambda found: f"{PREDICTOR}/_head_scope_conv_layers/{TOWERS[found[1]][0]}/{found[2]}",
        ),
        (r"(box|class|prediction)_tower_(\d+)_level_(\d+)_bn", tower_norm),
        (r"box_head", lambda _: f"{PREDICTOR}/_box_prediction_head/_box_encoder_layers/0"),
        (r"class_head", lambda _: f"{PREDICTOR}/{class_head}/{int(dropout)}"),
    ]


RESNET = BackboneLayout(ordered=resnet_order)
MOBILENET_V1 = BackboneLayout(is_depthwise=lambda layer: layer.startswith("conv_dw_"))

EXTRACTOR_KEYS: dict[str, tuple[BackboneLayout, Callable[[pb.Ssd], list[Rule]]]] = {
    "ssd_mobilenet_v2_fpn_keras": (BackboneLayout(), feature_pyramid_rules),
    "ssd_resnet50_v1_fpn_keras": (RESNET, feature_pyramid_rules),
    "ssd_resnet101_v1_fpn_keras": (RESNET, feature_pyramid_rules),
    "ssd_resnet152_v1_fpn_keras": (RESNET, feature_pyramid_rules),
    "ssd_mobilenet_v1_fpn_keras": (MOBILENET_V1, feature_pyramid_rules),
    "ssd_mobilenet_v1_keras": (MOBILENET_V1, extra_map_rules("_feature_map_generator")),
    "ssd_mobilenet_v2_keras": (BackboneLayout(), extra_map_rules("feature_map_generator")),
}
"""By the `type` of the extractor: the layout of its backbone, and the rules for its other layers."""

PREDICTOR_KEYS: dict[str, Callable[[pb.Ssd], list[Rule]]] = {
    "weight_shared_convolutional_box_predictor": weight_shared_rules,
    "convolutional_box_predictor": convolutional_rules,
}
"""The rules for each predictor, by its name in `box_predictor`."""
