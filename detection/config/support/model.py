"""Checks of `model.ssd`.

A check on a part that is absent says nothing, so that a config without `model.ssd` is one problem, not thirty.
"""

from collections.abc import Iterator

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.resizers import LARGEST_SIDE, resizer_problems
from sweepbox.detection.config.support.anchors import ANCHOR_CHECKS
from sweepbox.detection.config.support.extractor import check_extractor, check_maps, check_size
from sweepbox.detection.config.support.losses import LOSS_CHECKS
from sweepbox.detection.config.support.parts import EXTRACTOR, SSD, for_ssd, within
from sweepbox.detection.config.support.post_processing import POST_PROCESSING_CHECKS
from sweepbox.detection.config.support.predictor import PREDICTOR_CHECKS, hyperparameter_checks
from sweepbox.detection.config.support.rules import (
    MOST_BOXES,
    MOST_CHANNELS,
    Absent,
    Check,
    Choice,
    Only,
    Range,
)

MATCHER = f"{SSD}.matcher.argmax_matcher"
CODER = f"{SSD}.box_coder.faster_rcnn_box_coder"
PREDICTORS = ("weight_shared_convolutional_box_predictor", "convolutional_box_predictor")
GENERATORS = ("multiscale_anchor_generator", "ssd_anchor_generator")


def check_matcher(ssd: pb.Ssd) -> Iterator[str]:
    """Check that the threshold of negatives does not exceed that of positives."""
    matcher = ssd.matcher.argmax_matcher
    if not matcher.ignore_thresholds and matcher.unmatched_threshold > matcher.matched_threshold:
        yield (
            f"{MATCHER}.unmatched_threshold = {matcher.unmatched_threshold:g} exceeds matched_threshold = "
            f"{matcher.matched_threshold:g}; lower it"
        )


_PARTS: tuple[Check, ...] = (
    for_ssd(lambda ssd: resizer_problems(ssd.image_resizer)),
    Choice(f"{SSD}.box_coder", "box_coder_oneof", ("faster_rcnn_box_coder",)),
    Choice(f"{SSD}.matcher", "matcher_oneof", ("argmax_matcher",)),
    Choice(f"{SSD}.similarity_calculator", "region_similarity", ("iou_similarity",)),
    Choice(f"{SSD}.box_predictor", "box_predictor_oneof", PREDICTORS),
    Choice(f"{SSD}.anchor_generator", "anchor_generator_oneof", GENERATORS),
    for_ssd(check_extractor),
    Choice(EXTRACTOR, "feature_pyramid_oneof", ("fpn",), optional=True),
)

_VALUES: tuple[Check, ...] = (
    Range(f"{SSD}.num_classes", 1, MOST_BOXES),
    Range(f"{EXTRACTOR}.depth_multiplier", 0, 32, above=True),
    Range(f"{EXTRACTOR}.min_depth", 1, MOST_CHANNELS),
    Range(f"{EXTRACTOR}.fpn.additional_layer_depth", 1, MOST_CHANNELS),
    Range(f"{EXTRACTOR}.pad_to_multiple", 0, LARGEST_SIDE),
    Only(f"{EXTRACTOR}.replace_preprocessor_with_placeholder", (False,)),
    *(
        Range(f"{CODER}.{name}", 0, above=True)
        for name in ("y_scale", "x_scale", "height_scale", "width_scale")
    ),
    Range(f"{MATCHER}.matched_threshold", 0, 1),
    Range(f"{MATCHER}.unmatched_threshold", 0, 1),
    Only(f"{SSD}.use_confidences_as_targets", (False,)),
    Only(f"{SSD}.explicit_background_class", (False,)),
    Range(f"{SSD}.negative_class_weight", 0),
    Absent(f"{SSD}.mask_head_config"),
)

MODEL_CHECKS: tuple[Check, ...] = (
    *(within(SSD, check) for check in _PARTS),
    *_VALUES,
    *hyperparameter_checks(EXTRACTOR),
    *PREDICTOR_CHECKS,
    *LOSS_CHECKS,
    for_ssd(check_size),
    within(EXTRACTOR, for_ssd(check_maps)),
    *ANCHOR_CHECKS,
    within(MATCHER, for_ssd(check_matcher)),
    *POST_PROCESSING_CHECKS,
)
"""The checks of `model.ssd`."""
