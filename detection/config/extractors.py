"""The supported feature extractors by their `type` in the config."""

from dataclasses import dataclass
from enum import Enum

from sweepbox.detection.config import pipeline_pb2 as pb


class Backbone(Enum):
    """The families of backbone networks."""

    RESNET_V1 = "ResNet V1"
    MOBILENET_V1 = "MobileNetV1"
    MOBILENET_V2 = "MobileNetV2"


@dataclass(frozen=True)
class Extractor:
    """The properties of one feature extractor.

    Attributes:
        backbone: The family of its backbone.
        pyramid: Whether its maps are the levels of `fpn`. Without, they are those of the classic SSD: two of
            the backbone and smaller ones of extra layers, `num_layers` in all.
        least_side: The smallest side of an image in pixels.
        depth: The number of layers of a ResNet.
    """

    backbone: Backbone
    pyramid: bool = True
    least_side: int = 33
    depth: int = 0


RESNET_LEAST_SIDE = 129

EXTRACTORS = {
    "ssd_resnet50_v1_fpn_keras": Extractor(Backbone.RESNET_V1, least_side=RESNET_LEAST_SIDE, depth=50),
    "ssd_resnet101_v1_fpn_keras": Extractor(Backbone.RESNET_V1, least_side=RESNET_LEAST_SIDE, depth=101),
    "ssd_resnet152_v1_fpn_keras": Extractor(Backbone.RESNET_V1, least_side=RESNET_LEAST_SIDE, depth=152),
    "ssd_mobilenet_v1_fpn_keras": Extractor(Backbone.MOBILENET_V1),
    "ssd_mobilenet_v2_fpn_keras": Extractor(Backbone.MOBILENET_V2),
    "ssd_mobilenet_v1_keras": Extractor(Backbone.MOBILENET_V1, pyramid=False),
    "ssd_mobilenet_v2_keras": Extractor(Backbone.MOBILENET_V2, pyramid=False),
}
"""By the extractor's `type`. EfficientDet (`ssd_efficientnet-*` with `bifpn`) is one of those not supported."""

KERAS_SIBLINGS = {name.removesuffix("_keras"): name for name in EXTRACTORS}
"""The extractors of TensorFlow 1 that are the same networks, by name, with the `type` that is read instead."""

FIXED_PYRAMID = {"min_level": 3, "max_level": 7, "additional_layer_depth": 256}
"""The pyramid of ResNet extractors in the Object Detection API, whatever these fields of `fpn` are."""

COARSEST_BACKBONE_LEVEL = 5
FINEST_BACKBONE_LEVEL = 2
CLASSIC_FINEST_LEVEL = 4
"""The level (half the size of the one before it) of the first map of an extractor without a pyramid."""


def top_level(extractor: pb.SsdFeatureExtractor) -> int:
    """Return the coarsest level of the backbone of a supported extractor."""
    pyramid = EXTRACTORS[extractor.type].pyramid
    return min(extractor.fpn.max_level, COARSEST_BACKBONE_LEVEL) if pyramid else COARSEST_BACKBONE_LEVEL


def feature_levels(extractor: pb.SsdFeatureExtractor) -> range:
    """Return the levels of a supported extractor's maps, finest first."""
    if EXTRACTORS[extractor.type].pyramid:
        return range(extractor.fpn.min_level, extractor.fpn.max_level + 1)
    return range(CLASSIC_FINEST_LEVEL, CLASSIC_FINEST_LEVEL + extractor.num_layers)


def has_fixed_pyramid(extractor: pb.SsdFeatureExtractor) -> bool:
    """Return whether the Object Detection API ignores the fields of this extractor's `fpn`."""
    kind = EXTRACTORS.get(extractor.type)
    is_resnet = kind is not None and kind.backbone is Backbone.RESNET_V1
    return is_resnet and extractor.WhichOneof("feature_pyramid_oneof") != "bifpn"


def pyramid_fields_without_effect(extractor: pb.SsdFeatureExtractor) -> tuple[str, ...]:
    """Return the fields of `fpn` that differ from what the Object Detection API builds for this extractor.

    Empty if `fpn.follow_fields` makes them count.
    """
    if not has_fixed_pyramid(extractor) or extractor.fpn.follow_fields:
        return ()
    return tuple(name for name, value in FIXED_PYRAMID.items() if getattr(extractor.fpn, name) != value)


def pyramid_depth(extractor: pb.SsdFeatureExtractor) -> int:
    """Return the number of channels of the maps of an extractor with a pyramid; all fields count."""
    return max(int(extractor.fpn.additional_layer_depth * extractor.depth_multiplier), extractor.min_depth)
