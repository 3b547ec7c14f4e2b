"""The network of an SSD config: backbone, feature maps and predictor in one Keras model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.extractors import (
    EXTRACTORS,
    Backbone,
    Extractor,
    feature_levels,
    pyramid_depth,
    top_level,
)
from sweepbox.detection.config.support.extractor import check_maps, check_size
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.model.anchor_generator import boxes_per_cell
from sweepbox.detection.model.backbones.mobilenet_v1 import MobileNetV1
from sweepbox.detection.model.backbones.mobilenet_v2 import MobileNetV2
from sweepbox.detection.model.backbones.resnet_v1 import ResNet
from sweepbox.detection.model.backbones.settings import BackboneSettings
from sweepbox.detection.model.convolutional_predictor import ConvolutionalPredictor
from sweepbox.detection.model.extra_maps import ExtraMaps
from sweepbox.detection.model.fpn import FeaturePyramid
from sweepbox.detection.model.hyperparameters import (
    MOBILENET_DEFAULT,
    RESNET_DEFAULT,
    ConvHyperparameters,
    conv_hyperparameters,
)
from sweepbox.detection.model.layers import LayerFactory
from sweepbox.detection.model.predictor import WeightSharedPredictor

PATH = "model.ssd.feature_extractor"

DEFAULT_HYPER = {
    Backbone.RESNET_V1: RESNET_DEFAULT,
    Backbone.MOBILENET_V1: MOBILENET_DEFAULT,
    Backbone.MOBILENET_V2: MOBILENET_DEFAULT,
}
"""The hyperparameters of each backbone if the config does not override them."""


@dataclass(frozen=True)
class NetworkPlan:
    """The network of a config before it is built.

    Attributes:
        ssd: The `model.ssd` message.
        input_size: (height, width) of the input images.

    Raises:
        ConfigError: The extractor is not supported, or the input size, extractor, anchors and predictor do not
            match.
    """

    ssd: pb.Ssd
    input_size: tuple[int, int]

    def __post_init__(self) -> None:
        """Check the extractor, its maps and the input size."""
        extractor = self.ssd.feature_extractor
        if extractor.type not in EXTRACTORS:
            raise ConfigError(
                f"{PATH}.type: {extractor.type!r} is not supported; use one of {', '.join(EXTRACTORS)}"
            )
        if extractor.WhichOneof("feature_pyramid_oneof") == "bifpn":
            raise ConfigError(f"{PATH}.bifpn is not supported; set fpn")
        problems = [*check_size(self.ssd), *check_maps(self.ssd)]
        if problems:
            raise ConfigError("\n".join(problems))

    @property
    def kind(self) -> Extractor:
        """The extractor of the config."""
        return EXTRACTORS[self.ssd.feature_extractor.type]

    @property
    def top_level(self) -> int:
        """The coarsest level that comes from the backbone."""
        return top_level(self.ssd.feature_extractor)

    @property
    def levels(self) -> range:
        """The levels of the feature maps that the predictor receives."""
        return feature_levels(self.ssd.feature_extractor)

    @property
    def padded_size(self) -> tuple[int, int]:
        """Height and width after the padding to a multiple."""
        step = max(self.ssd.feature_extractor.pad_to_multiple, 1)
        height, width = (-(-side // step) * step for side in self.input_size)
        return height, width

    @property
    def num_columns(self) -> int:
        """The number of class columns of the predictions, including the background if there is one."""
        return self.ssd.num_classes + int(self.ssd.add_background_class)

    @property
    def extractor_hyper(self) -> ConvHyperparameters:
        """The hyperparameters of the extractor's layers outside of the backbone."""
        return conv_hyperparameters(self.ssd.feature_extractor.conv_hyperparams, f"{PATH}.conv_hyperparams")

    @property
    def backbone_hyper(self) -> ConvHyperparameters:
        """The hyperparameters of the backbone: its defaults, unless the config overrides them."""
        if self.ssd.feature_extractor.override_base_feature_extractor_hyperparams:
            return self.extractor_hyper
        return DEFAULT_HYPER[self.kind.backbone]

    def build(self, factory: LayerFactory) -> "Network":
        """Return the network with layers of the factory; its weights are not initialised yet."""
        images = keras.Input((*self.input_size, 3), dtype="float32", name="images")
        endpoints, maps = self.feature_maps(factory, images)
        backbone = keras.Model(images, list(endpoints.values()), name="backbone")
        extractor = keras.Model(images, list(maps.values()), name="feature_extractor")
        predictions = self.predictor(factory)(maps)
        return Network(keras.Model(images, predictions, name="detector"), backbone, extractor)

    def feature_maps(self, factory: LayerFactory, images: Any) -> tuple[dict[int, Any], dict[int, Any]]:
        """Return the maps of the backbone and those that the predictor receives, by level.

        `images` is what the factory's layers take.
        """
        endpoints = self._endpoints(factory, self._padded(factory, images))
        return endpoints, self._maps(factory)(endpoints)

    def predictor(self, factory: LayerFactory) -> WeightSharedPredictor | ConvolutionalPredictor:
        """Return the box and class predictor, with layers of the factory."""
        box_predictor = self.ssd.box_predictor
        per_cell = boxes_per_cell(self.ssd.anchor_generator, len(self.levels))
        if box_predictor.WhichOneof("box_predictor_oneof") == "convolutional_box_predictor":
            message = box_predictor.convolutional_box_predictor
            return ConvolutionalPredictor(factory, message, per_cell, self.num_columns)
        shared = box_predictor.weight_shared_convolutional_box_predictor
        return WeightSharedPredictor(factory, shared, per_cell[0], self.num_columns)

    def _padded(self, factory: LayerFactory, images: Any) -> Any:
        below, right = (padded - side for padded, side in zip(self.padded_size, self.input_size, strict=True))
        if below == right == 0:
            return images
        return factory.zero_padding("pad_to_multiple", ((0, below), (0, right)))(images)

    def _endpoints(self, factory: LayerFactory, images: Any) -> dict[int, Any]:
        """Return the backbone's maps by level; without a pyramid, only those that the predictor receives."""
        endpoints = self._backbone(factory)(images, self.top_level)
        if self.kind.pyramid:
            return endpoints
        return {level: maps for level, maps in endpoints.items() if level in self.levels}

    def _backbone(self, factory: LayerFactory) -> MobileNetV1 | MobileNetV2 | ResNet:
        extractor, pyramid = self.ssd.feature_extractor, self.kind.pyramid
        settings = BackboneSettings(
            extractor.depth_multiplier, extractor.min_depth, extractor.use_explicit_padding, self.backbone_hyper
        )
        makers: dict[Backbone, Callable[[], MobileNetV1 | MobileNetV2 | ResNet]] = {
            Backbone.RESNET_V1: lambda: ResNet(factory, settings, self.kind.depth),
            Backbone.MOBILENET_V1: lambda: MobileNetV1(
                factory, settings, narrow_end=pyramid and extractor.use_depthwise
            ),
            Backbone.MOBILENET_V2: lambda: MobileNetV2(factory, settings, expanded_level_4=not pyramid),
        }
        return makers[self.kind.backbone]()

    def _maps(self, factory: LayerFactory) -> Callable[[Mapping[int, Any]], dict[int, Any]]:
        """Return the layers between backbone and predictor: a feature pyramid, or extra layers."""
        return self._pyramid(factory) if self.kind.pyramid else self._extra_maps(factory)

    def _pyramid(self, factory: LayerFactory) -> FeaturePyramid:
        extractor = self.ssd.feature_extractor
        return FeaturePyramid(
            factory,
            self.extractor_hyper,
            min_level=extractor.fpn.min_level,
            max_level=extractor.fpn.max_level,
            depth=pyramid_depth(extractor),
            use_depthwise=extractor.use_depthwise and self.kind.backbone is not Backbone.RESNET_V1,
        )

    def _extra_maps(self, factory: LayerFactory) -> ExtraMaps:
        extractor = self.ssd.feature_extractor
        return ExtraMaps(
            factory,
            self.extractor_hyper,
            num_maps=extractor.num_layers,
            depth_multiplier=extractor.depth_multiplier,
            min_depth=extractor.min_depth,
            use_depthwise=extractor.use_depthwise,
            use_explicit_padding=extractor.use_explicit_padding,
        )


@dataclass(frozen=True)
class Network:
    """A built network: the complete model, and two parts of it with the same layers."""

    detector: keras.Model
    backbone: keras.Model
    feature_extractor: keras.Model
