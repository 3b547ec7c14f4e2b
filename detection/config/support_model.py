"""What of a config's `model.ssd` is supported, and which of its values make sense.

A check on a part that is absent says nothing, so that a config without `model.ssd` is one problem, not thirty.
"""

from collections.abc import Iterator

from detection.config import pipeline_pb2 as pb
from detection.config.resizers import resizer_problems, resizer_settings
from detection.config.rules import Absent, Check, Choice, Only, Range
from detection.config.support_losses import LOSS_CHECKS
from detection.config.support_parts import SSD, for_ssd, within
from detection.config.support_post_processing import POST_PROCESSING_CHECKS

EXTRACTOR = f"{SSD}.feature_extractor"
PREDICTOR = f"{SSD}.box_predictor.weight_shared_convolutional_box_predictor"
ANCHORS = f"{SSD}.anchor_generator.multiscale_anchor_generator"
MATCHER = f"{SSD}.matcher.argmax_matcher"
CODER = f"{SSD}.box_coder.faster_rcnn_box_coder"

SMALLEST_SIDES = {"ssd_resnet50_v1_fpn_keras": 129, "ssd_mobilenet_v2_fpn_keras": 33}
"""The feature extractors that are built, with the fewest pixels that an image's side may have."""

COARSEST_BACKBONE_LEVEL = 5
FINEST_BACKBONE_LEVEL = 2


def check_extractor(ssd: pb.Ssd) -> Iterator[str]:
    """Check that the feature extractor is one of those that are built."""
    name, known = ssd.feature_extractor.type, " or ".join(map(repr, SMALLEST_SIDES))
    if not name:
        yield f"{EXTRACTOR}.type: nothing is set; set {known}"
    elif name not in SMALLEST_SIDES:
        yield f"{EXTRACTOR}.type = {name!r} is not supported; use {known}"


def check_tower(ssd: pb.Ssd) -> Iterator[str]:
    """Check that the predictor's towers have channels, where there are towers."""
    predictor = ssd.box_predictor.weight_shared_convolutional_box_predictor
    if predictor.num_layers_before_predictor > 0 and predictor.depth < 1:
        yield f"{PREDICTOR}.depth = {predictor.depth}: give a value of at least 1"


def check_size(ssd: pb.Ssd) -> Iterator[str]:
    """Check that the image is large enough, and that each level of the pyramid is twice the next."""
    extractor = ssd.feature_extractor
    if any(resizer_problems(ssd.image_resizer)) or extractor.type not in SMALLEST_SIDES:
        return
    size = height, width = resizer_settings(ssd.image_resizer).output_size
    least = SMALLEST_SIDES[extractor.type]
    if min(size) < least:
        yield (
            f"{SSD}.image_resizer: {height}x{width} is too small; {extractor.type} needs at least {least} "
            "pixels on each side"
        )
    step = 2 ** min(extractor.fpn.max_level, COARSEST_BACKBONE_LEVEL)
    multiple = max(extractor.pad_to_multiple, 1)
    if any(-(-side // multiple) * multiple % step for side in size):
        yield (
            f"{SSD}.image_resizer: {height}x{width} is not a multiple of {step} on each side; change the size "
            f"or set {EXTRACTOR}.pad_to_multiple: {step}"
        )


def check_levels(ssd: pb.Ssd) -> Iterator[str]:
    """Check that the pyramid starts in the backbone, and that the anchors stand on its levels."""
    fpn, anchors = ssd.feature_extractor.fpn, ssd.anchor_generator.multiscale_anchor_generator
    lowest, highest = fpn.min_level, fpn.max_level
    top = min(highest, COARSEST_BACKBONE_LEVEL)
    if not FINEST_BACKBONE_LEVEL <= lowest <= top:
        yield (
            f"{EXTRACTOR}.fpn: levels {lowest} to {highest} are not supported; start at a min_level from "
            f"{FINEST_BACKBONE_LEVEL} to {COARSEST_BACKBONE_LEVEL} that does not exceed max_level"
        )
    if ssd.anchor_generator.HasField("multiscale_anchor_generator"):
        for name in ("min_level", "max_level"):
            if getattr(fpn, name) != getattr(anchors, name):
                yield (
                    f"{ANCHORS}.{name} = {getattr(anchors, name)} contradicts {EXTRACTOR}.fpn.{name} = "
                    f"{getattr(fpn, name)}; make them equal"
                )


def check_aspect_ratios(ssd: pb.Ssd) -> Iterator[str]:
    """Check that there are aspect ratios: without them there are no anchors."""
    ratios = ssd.anchor_generator.multiscale_anchor_generator.aspect_ratios
    if not ratios:
        yield f"{ANCHORS}.aspect_ratios: none given, so there are no anchors; give for instance [1.0, 2.0, 0.5]"
    if any(not ratio > 0 for ratio in ratios):
        yield f"{ANCHORS}.aspect_ratios: {[float(ratio) for ratio in ratios]}; give values above 0"


def check_matcher(ssd: pb.Ssd) -> Iterator[str]:
    """Check that the threshold of negatives is not the higher one."""
    matcher = ssd.matcher.argmax_matcher
    if not matcher.ignore_thresholds and matcher.unmatched_threshold > matcher.matched_threshold:
        yield (
            f"{MATCHER}.unmatched_threshold = {matcher.unmatched_threshold:g} exceeds matched_threshold = "
            f"{matcher.matched_threshold:g}; lower it"
        )


def hyperparameter_checks(owner: str) -> tuple[Check, ...]:
    """Return the checks of the convolution hyperparameters of `owner`."""
    path = f"{owner}.conv_hyperparams"
    initializers = ("truncated_normal_initializer", "random_normal_initializer", "variance_scaling_initializer")
    return (
        Only(f"{path}.op", ("CONV",)),
        Choice(f"{path}.regularizer", "regularizer_oneof", ("l2_regularizer",), optional=True),
        Range(f"{path}.regularizer.l2_regularizer.weight", 0),
        within(path, Choice(f"{path}.initializer", "initializer_oneof", initializers)),
        Range(f"{path}.initializer.truncated_normal_initializer.stddev", 0),
        Range(f"{path}.initializer.random_normal_initializer.stddev", 0),
        Range(f"{path}.initializer.variance_scaling_initializer.factor", 0, above=True),
        Choice(path, "normalizer_oneof", ("batch_norm", "sync_batch_norm"), optional=True),
        *(
            Range(f"{path}.{norm}.{name}", low, high)
            for norm in ("batch_norm", "sync_batch_norm")
            for name, low, high in (("decay", 0, 1), ("epsilon", 0, None))
        ),
    )


_PARTS: tuple[Check, ...] = (
    for_ssd(lambda ssd: resizer_problems(ssd.image_resizer)),
    Choice(f"{SSD}.box_coder", "box_coder_oneof", ("faster_rcnn_box_coder",)),
    Choice(f"{SSD}.matcher", "matcher_oneof", ("argmax_matcher",)),
    Choice(f"{SSD}.similarity_calculator", "region_similarity", ("iou_similarity",)),
    Choice(f"{SSD}.box_predictor", "box_predictor_oneof", ("weight_shared_convolutional_box_predictor",)),
    Choice(f"{SSD}.anchor_generator", "anchor_generator_oneof", ("multiscale_anchor_generator",)),
    for_ssd(check_extractor),
    Choice(EXTRACTOR, "feature_pyramid_oneof", ("fpn",), optional=True),
)

_VALUES: tuple[Check, ...] = (
    Range(f"{SSD}.num_classes", 1),
    Range(f"{EXTRACTOR}.depth_multiplier", 0, above=True),
    Range(f"{EXTRACTOR}.min_depth", 1),
    Range(f"{EXTRACTOR}.fpn.additional_layer_depth", 1),
    Only(f"{EXTRACTOR}.replace_preprocessor_with_placeholder", (False,)),
    *(
        Range(f"{CODER}.{name}", 0, above=True)
        for name in ("y_scale", "x_scale", "height_scale", "width_scale")
    ),
    Range(f"{MATCHER}.matched_threshold", 0, 1),
    Range(f"{MATCHER}.unmatched_threshold", 0, 1),
    Range(f"{PREDICTOR}.num_layers_before_predictor", 0),
    Range(f"{PREDICTOR}.kernel_size", 1),
    Only(f"{PREDICTOR}.box_code_size", (4,)),
    Range(f"{PREDICTOR}.dropout_keep_probability", 0, 1, above=True),
    Range(f"{ANCHORS}.anchor_scale", 0, above=True),
    Range(f"{ANCHORS}.scales_per_octave", 1),
    Only(f"{ANCHORS}.normalize_coordinates", (True,)),
    Only(f"{SSD}.add_background_class", (True,)),
    Only(f"{SSD}.use_confidences_as_targets", (False,)),
    Only(f"{SSD}.explicit_background_class", (False,)),
    Range(f"{SSD}.negative_class_weight", 0),
    Absent(f"{SSD}.mask_head_config"),
)

MODEL_CHECKS: tuple[Check, ...] = (
    *(within(SSD, check) for check in _PARTS),
    *_VALUES,
    *hyperparameter_checks(EXTRACTOR),
    *hyperparameter_checks(PREDICTOR),
    *LOSS_CHECKS,
    for_ssd(check_size),
    for_ssd(check_tower),
    within(EXTRACTOR, for_ssd(check_levels)),
    within(ANCHORS, for_ssd(check_aspect_ratios)),
    within(MATCHER, for_ssd(check_matcher)),
    *POST_PROCESSING_CHECKS,
)
"""What `model.ssd` is checked for."""
