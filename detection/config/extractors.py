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
