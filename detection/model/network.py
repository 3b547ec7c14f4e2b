"""The network of an SSD config: backbone, feature pyramid and predictor in one Keras model."""

from dataclasses import dataclass
from typing import Any

import keras

from detection.config import pipeline_pb2 as pb
from detection.core.errors import ConfigError
from detection.model.anchors import boxes_per_cell
from detection.model.backbones.mobilenet_v2 import MobileNetV2
from detection.model.backbones.resnet_v1 import ResNet
from detection.model.backbones.settings import BackboneSettings
from detection.model.fpn import FeaturePyramid
from detection.model.hyperparameters import (
    MOBILENET_DEFAULT,
    RESNET_DEFAULT,
    ConvHyperparameters,
    conv_hyperparameters,
)
from detection.model.layers import LayerFactory
from detection.model.predictor import WeightSharedPredictor

PATH = "model.ssd.feature_extractor"


@dataclass(frozen=True)
class ExtractorKind:
    """What sets one feature extractor apart; `resnet_depth` is None for MobileNetV2."""

    least_size: int
    default_hyper: ConvHyperparameters
    resnet_depth: int | None = None

    @property
    def allows_depthwise(self) -> bool:
        """Whether `use_depthwise` has an effect."""
        return self.resnet_depth is None


EXTRACTORS = {
    "ssd_mobilenet_v2_fpn_keras": ExtractorKind(33, MOBILENET_DEFAULT),
    "ssd_resnet50_v1_fpn_keras": ExtractorKind(129, RESNET_DEFAULT, 50),
    "ssd_resnet101_v1_fpn_keras": ExtractorKind(129, RESNET_DEFAULT, 101),
    "ssd_resnet152_v1_fpn_keras": ExtractorKind(129, RESNET_DEFAULT, 152),
}
"""The feature extractors that are built, by their `type` in the config."""


@dataclass(frozen=True)
class NetworkPlan:
    """The network of a config before it is built; `input_size` is (height, width).

    Raises ConfigError where the size and the extractor do not fit.
    """

    ssd: pb.Ssd
    input_size: tuple[int, int]

    def __post_init__(self) -> None:
        """Check the extractor, its levels and the input size."""
        extractor = self.ssd.feature_extractor
        if extractor.type not in EXTRACTORS:
            raise ConfigError(
                f"{PATH}.type: {extractor.type!r} is not supported; use one of {', '.join(EXTRACTORS)}"
            )
        if (
            not 2 <= extractor.fpn.min_level <= self.top_level
            or extractor.WhichOneof("feature_pyramid_oneof") == "bifpn"
        ):
            raise ConfigError(
                f"{PATH}.fpn: levels {extractor.fpn.min_level} to {extractor.fpn.max_level} are not supported; "
                "set fpn with a min_level of 2 to 5 that does not exceed max_level"
            )
        least = self.kind.least_size
        if min(self.input_size) < least:
            raise ConfigError(
                f"model.ssd.image_resizer: {self.input_size[0]} x {self.input_size[1]} is too small for "
                f"{extractor.type}; each side needs at least {least} pixels"
            )
        self._check_divisible()

    def _check_divisible(self) -> None:
        step = 2**self.top_level
        if any(side % step for side in self.padded_size):
            height, width = self.input_size
            raise ConfigError(
                f"model.ssd.image_resizer: {height} x {width} is not a multiple of {step} "
                f"on each side; change the size, or set {PATH}.pad_to_multiple: {step}"
            )

    @property
    def kind(self) -> ExtractorKind:
        """The config's extractor."""
        return EXTRACTORS[self.ssd.feature_extractor.type]

    @property
    def top_level(self) -> int:
        """The coarsest level that comes from the backbone."""
        return min(self.ssd.feature_extractor.fpn.max_level, 5)

    @property
    def levels(self) -> range:
        """The levels that the predictor sees."""
        return range(self.ssd.feature_extractor.fpn.min_level, self.ssd.feature_extractor.fpn.max_level + 1)

    @property
    def padded_size(self) -> tuple[int, int]:
        """Height and width after the padding to a multiple."""
        step = max(self.ssd.feature_extractor.pad_to_multiple, 1)
        height, width = (-(-side // step) * step for side in self.input_size)
        return height, width

    @property
    def num_columns(self) -> int:
        """The class columns of the predictions, background included where there is one."""
        return self.ssd.num_classes + int(self.ssd.add_background_class)

    @property
    def extractor_hyper(self) -> ConvHyperparameters:
        """The hyperparameters of the feature pyramid."""
        return conv_hyperparameters(self.ssd.feature_extractor.conv_hyperparams, f"{PATH}.conv_hyperparams")

    @property
    def backbone_hyper(self) -> ConvHyperparameters:
        """The hyperparameters of the backbone: its own, or the config's where it overrides them."""
        if self.ssd.feature_extractor.override_base_feature_extractor_hyperparams:
            return self.extractor_hyper
        return self.kind.default_hyper

    def build(self, factory: LayerFactory) -> "Network":
        """Return the network, with the layers that the factory makes; its weights are not drawn yet."""
        images = keras.Input((*self.input_size, 3), dtype="float32", name="images")
        endpoints = self._backbone(factory)(self._padded(factory, images), self.top_level)
        pyramid = self._pyramid(factory)(endpoints)
        predictor = WeightSharedPredictor(
            factory,
            self.ssd.box_predictor.weight_shared_convolutional_box_predictor,
            boxes_per_cell(self.ssd.anchor_generator.multiscale_anchor_generator),
            self.num_columns,
        )
        backbone = keras.Model(images, list(endpoints.values()), name="backbone")
        extractor = keras.Model(images, list(pyramid.values()), name="feature_extractor")
        return Network(keras.Model(images, predictor(pyramid), name="detector"), backbone, extractor)

    def _padded(self, factory: LayerFactory, images: Any) -> Any:
        below, right = (padded - side for padded, side in zip(self.padded_size, self.input_size, strict=True))
        if below == right == 0:
            return images
        return factory.zero_padding("pad_to_multiple", ((0, below), (0, right)))(images)

    def _backbone(self, factory: LayerFactory) -> MobileNetV2 | ResNet:
        extractor = self.ssd.feature_extractor
        settings = BackboneSettings(
            extractor.depth_multiplier, extractor.min_depth, extractor.use_explicit_padding, self.backbone_hyper
        )
        if self.kind.resnet_depth is None:
            return MobileNetV2(factory, settings)
        return ResNet(factory, settings, self.kind.resnet_depth)

    def _pyramid(self, factory: LayerFactory) -> FeaturePyramid:
        extractor = self.ssd.feature_extractor
        depth = int(extractor.fpn.additional_layer_depth * extractor.depth_multiplier)
        return FeaturePyramid(
            factory,
            self.extractor_hyper,
            min_level=extractor.fpn.min_level,
            max_level=extractor.fpn.max_level,
            depth=max(depth, extractor.min_depth),
            use_depthwise=extractor.use_depthwise and self.kind.allows_depthwise,
        )


@dataclass(frozen=True)
class Network:
    """A built network: the whole, and its parts that share the same layers."""

    detector: keras.Model
    backbone: keras.Model
    feature_extractor: keras.Model
