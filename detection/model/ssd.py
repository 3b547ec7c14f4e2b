"""The single-shot detector (Liu et al. 2016, arXiv:1512.02325) of a config, for training and inference."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.extractors import EXTRACTORS, Backbone
from sweepbox.detection.config.resizers import resizer_settings
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.model.anchor_generator import anchors_of
from sweepbox.detection.model.box_coder import BoxCoder
from sweepbox.detection.model.hyperparameters import chosen_predictor, penalty_of
from sweepbox.detection.model.layers import KernelGroup, LayerFactory
from sweepbox.detection.model.losses import DetectionLoss
from sweepbox.detection.model.network import NetworkPlan
from sweepbox.detection.model.postprocess import PostProcessing, ScoreConverter
from sweepbox.detection.model.precision import Precision
from sweepbox.detection.model.regularization import KernelPenalty, regularization_loss
from sweepbox.detection.model.static import detector_part
from sweepbox.detection.model.targets import TargetAssigner
from sweepbox.detection.model.values import assign_values, dynamic_values

RESNET_MEAN_RGB = (123.68, 116.779, 103.939)

REQUIRED_CHOICES = {
    "box_coder": ("box_coder_oneof", ("faster_rcnn_box_coder",)),
    "matcher": ("matcher_oneof", ("argmax_matcher",)),
    "similarity_calculator": ("region_similarity", ("iou_similarity",)),
    "box_predictor": (
        "box_predictor_oneof",
        ("weight_shared_convolutional_box_predictor", "convolutional_box_predictor"),
    ),
    "anchor_generator": (
        "anchor_generator_oneof",
        ("multiscale_anchor_generator", "ssd_anchor_generator"),
    ),
}
"""The supported choices for each oneof field of the config."""


def build_detector(
    ssd: pb.Ssd, *, precision: Precision = Precision.FLOAT32, seed: int | None = 0
) -> "SsdDetector":
    """Return the detector of a config.

    Args:
        ssd: The `model.ssd` message.
        precision: The number format of the network.
        seed: The seed of the random weights; None to leave them uninitialised.

    Raises:
        ConfigError: Fields are not supported or contradict each other; the message names them.
    """
    _check_choices(ssd)
    return SsdDetector(ssd, precision, seed)


def normalised(images: Any, extractor: pb.SsdFeatureExtractor) -> Any:
    """Return float32 images in the value range of an extractor, from RGB images `[..., 3]` in 0..255."""
    images = ops.cast(images, "float32")
    if EXTRACTORS[extractor.type].backbone is Backbone.RESNET_V1:
        return images - ops.convert_to_tensor(RESNET_MEAN_RGB, "float32")
    return images * (2.0 / 255.0) - 1.0


class SsdDetector:
    """A detector; see `build_detector`.

    Attributes:
        network: Maps normalised float images `[batch, height, width, 3]` of a static size to float32
            `box_encodings` `[batch, anchors, 4]` and `class_logits` `[batch, anchors, columns]`. Column 0 is
            the background, unless the config has no background class.
        backbone: The first part of the network.
        feature_extractor: The network without the predictor.
        anchors: float32 `[anchors, 4]`.
        input_size: (height, width) of the images.
        num_classes: The number of classes without the background.
        precision: The number format of the network.
        compile_part: The part of the config that is compiled in: all fields except the dynamic ones.
        penalties: The regularisation of backbone, feature pyramid and predictor.
    """

    def __init__(self, ssd: pb.Ssd, precision: Precision, seed: int | None) -> None:
        self._ssd = pb.Ssd()
        self._ssd.CopyFrom(ssd)
        self.precision = precision
        self.compile_part = detector_part(ssd)
        self.input_size = input_size(ssd.image_resizer)
        self.num_classes = ssd.num_classes
        self._plan = NetworkPlan(self._ssd, self.input_size)
        self._values = dynamic_values(self._ssd)
        self._coder = BoxCoder.of(self._ssd.box_coder.faster_rcnn_box_coder)
        self._assigner = TargetAssigner.of(self._ssd, self._values, self._coder)
        self._loss = DetectionLoss.of(self._ssd, self._values)
        self._post_processing = PostProcessing.of(self._ssd, self._values, self.input_size)
        self._predictor_converter = _predictor_converter(self._ssd)
        self.anchors: NDArray[np.float32] = anchors_of(
            self._ssd.anchor_generator,
            image_size=self.input_size,
            padded_size=self._plan.padded_size,
            levels=self._plan.levels,
        )
        self._layers = LayerFactory(precision, freeze_batch_norm=ssd.freeze_batchnorm)
        built = self._plan.build(self._layers)
        self.network: keras.Model = built.detector
        self.backbone: keras.Model = built.backbone
        self.feature_extractor: keras.Model = built.feature_extractor
        self.penalties = _penalties(self._plan, self._layers, self._values)
        if seed is not None:
            self.initialise(seed)

    @property
    def extractor(self) -> pb.SsdFeatureExtractor:
        """The part of the config for backbone and feature pyramid."""
        return self._ssd.feature_extractor

    @property
    def values(self) -> list[keras.Variable]:
        """The variables of the dynamic hyperparameters, in a fixed order."""
        return list(self._values.values())

    def assign(self, ssd: pb.Ssd) -> None:
        """Set the dynamic hyperparameters from a config.

        Raises:
            ValueError: The `compile_part` of the config differs.
        """
        if detector_part(ssd) != self.compile_part:
            raise ValueError(
                "the config differs in more than dynamic hyperparameters; build a new detector for it"
            )
        assign_values(self._values, ssd)
        self._ssd.CopyFrom(ssd)

    def initialise(self, seed: int) -> None:
        """Initialise all weights and batch norm statistics in place; they depend on `seed` only."""
        self._layers.initialise(self.network, seed)

    def normalise(self, images: Any) -> Any:
        """Return float32 images in the value range of the network, from RGB images `[..., 3]` in 0..255."""
        return normalised(images, self._ssd.feature_extractor)

    def losses(
        self, predictions: Mapping[str, Any], boxes_yxyx: Any, class_ids: Any, weights: Any
    ) -> dict[str, Any]:
        """Return the float32 scalars `localization`, `classification`, `regularization` and their sum `total`.

        Args:
            predictions: The outputs of `network`.
            boxes_yxyx: Ground-truth boxes `[batch, boxes, 4]`.
            class_ids: 0-based class ids `[batch, boxes]`.
            weights: Weights of the boxes `[batch, boxes]`; a box with weight 0 is padding.
        """
        losses = self.group_losses(predictions, boxes_yxyx, class_ids, weights)
        return {name: ops.sum(value) for name, value in losses.items()}

    def group_losses(
        self,
        predictions: Mapping[str, Any],
        boxes_yxyx: Any,
        class_ids: Any,
        weights: Any,
        *,
        groups: int = 1,
        is_annotated: Any | None = None,
    ) -> dict[str, Any]:
        """Return the losses `[groups]` of groups of consecutive images, each computed as a separate batch.

        Args:
            predictions: See `losses`.
            boxes_yxyx: See `losses`.
            class_ids: See `losses`.
            weights: See `losses`.
            groups: The number of groups.
            is_annotated: bool `[batch]`; other images have no loss. None if all images are annotated.
        """
        anchors = ops.convert_to_tensor(self.anchors)
        targets = self._assigner(anchors, boxes_yxyx, class_ids, weights)
        codes, logits = (ops.cast(predictions[key], "float32") for key in ("box_encodings", "class_logits"))
        localization, classification = self._loss(
            codes, logits, targets, anchors, groups=groups, is_annotated=is_annotated
        )
        regularization = regularization_loss(self.penalties) * ops.ones((groups,), "float32")
        return {
            "localization": localization,
            "classification": classification,
            "regularization": regularization,
            "total": localization + classification + regularization,
        }

    def postprocess(self, predictions: Mapping[str, Any], true_sizes: Any) -> dict[str, Any]:
        """Return the detections of a batch as float32 tensors with static shapes.

        Args:
            predictions: The outputs of `network`.
            true_sizes: int32 `[batch, 2]`, height and width before padding.

        Returns:
            The entries of `PostProcessing`, `raw_detection_boxes` `[batch, anchors, 4]`, decoded and not
            clipped, and `raw_detection_scores` `[batch, anchors, columns]` of all columns.
        """
        boxes, scores = self.decode(predictions)
        detections = self._post_processing(boxes, scores, true_sizes)
        return {**detections, "raw_detection_boxes": boxes, "raw_detection_scores": scores}

    def decode(self, predictions: Mapping[str, Any]) -> tuple[Any, Any]:
        """Return boxes `[batch, anchors, 4]`, not clipped, and scores `[batch, anchors, columns]`.

        Args:
            predictions: The outputs of `network`.
        """
        codes, logits = (ops.cast(predictions[key], "float32") for key in ("box_encodings", "class_logits"))
        boxes = self._coder.decode(codes, ops.convert_to_tensor(self.anchors))
        return boxes, self._post_processing.scores(self._predictor_converter(logits))


def input_size(resizer: pb.ImageResizer) -> tuple[int, int]:
    """Return (height, width) of the output of a resizer.

    Raises:
        ConfigError: The output has no fixed size.
    """
    return resizer_settings(resizer).output_size


def _check_choices(ssd: pb.Ssd) -> None:
    """Raise ConfigError, with one line per problem, if parts of the config are not supported."""
    problems = []
    for field, (oneof, wanted) in REQUIRED_CHOICES.items():
        chosen = getattr(ssd, field).WhichOneof(oneof)
        if chosen not in wanted:
            names = " or ".join(wanted)
            problems.append(f"model.ssd.{field}: {chosen or 'nothing'} is set; use {names}")
    if ssd.num_classes < 1:
        problems.append(f"model.ssd.num_classes: {ssd.num_classes} is below 1")
    generator = ssd.anchor_generator.WhichOneof("anchor_generator_oneof")
    if generator and not getattr(ssd.anchor_generator, generator).aspect_ratios:
        problems.append(f"model.ssd.anchor_generator.{generator}.aspect_ratios: empty; set at least one")
    if problems:
        raise ConfigError("\n".join(problems))


def _penalties(
    plan: NetworkPlan, layers: LayerFactory, values: Mapping[str, keras.Variable]
) -> tuple[KernelPenalty, ...]:
    """Return the regularisation of backbone, feature pyramid and predictor."""
    kinds = {
        KernelGroup.BACKBONE: plan.backbone_hyper.penalty,
        KernelGroup.FEATURE_PYRAMID: plan.extractor_hyper.penalty,
        KernelGroup.PREDICTOR: penalty_of(chosen_predictor(plan.ssd).conv_hyperparams),
    }
    return tuple(
        KernelPenalty(kind, values[f"{group.value}_penalty"], layers.regularised(group))
        for group, kind in kinds.items()
    )


def _predictor_converter(ssd: pb.Ssd) -> ScoreConverter:
    """Return the score converter that the predictor applies to its logits before post-processing."""
    if ssd.box_predictor.WhichOneof("box_predictor_oneof") == "convolutional_box_predictor":
        return ScoreConverter.IDENTITY
    predictor = ssd.box_predictor.weight_shared_convolutional_box_predictor
    return ScoreConverter[
        pb.WeightSharedConvolutionalBoxPredictor.ScoreConverter.Name(predictor.score_converter)
    ]
