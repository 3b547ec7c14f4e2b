"""Checks of the losses."""

from collections.abc import Iterator

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.support.parts import SSD, for_ssd, within
from sweepbox.detection.config.support.rules import Absent, Check, Choice, Only, Range

LOSS = f"{SSD}.loss"
LOCALIZATION = f"{LOSS}.localization_loss"
CLASSIFICATION = f"{LOSS}.classification_loss"
MINER = f"{LOSS}.hard_example_miner"

LOCALIZATION_LOSSES = ("weighted_smooth_l1", "weighted_l2", "weighted_iou", "weighted_giou")
CLASSIFICATION_LOSSES = (
    "weighted_sigmoid_focal",
    "weighted_sigmoid",
    "weighted_softmax",
    "weighted_logits_softmax",
    "bootstrapped_sigmoid",
)


def check_background(ssd: pb.Ssd) -> Iterator[str]:
    """Check that unmatched anchors belong to no class if there is no background column."""
    if not ssd.add_background_class and not ssd.encode_background_as_zeros:
        yield (
            f"{SSD}.add_background_class = false: every unmatched anchor would count as the first class; set "
            f"{SSD}.encode_background_as_zeros: true too"
        )


def check_miner(ssd: pb.Ssd) -> Iterator[str]:
    """Check that hard-example mining is not combined with the focal loss."""
    focal = ssd.loss.classification_loss.HasField("weighted_sigmoid_focal")
    if ssd.loss.HasField("hard_example_miner") and focal:
        yield (
            f"{MINER}: cannot be combined with weighted_sigmoid_focal, which weighs hard examples by itself; "
            f"remove it or set {CLASSIFICATION} to weighted_sigmoid or weighted_softmax"
        )


_CHOICES: tuple[Check, ...] = (
    Choice(LOCALIZATION, "localization_loss", LOCALIZATION_LOSSES),
    Choice(CLASSIFICATION, "classification_loss", CLASSIFICATION_LOSSES),
)

LOSS_CHECKS: tuple[Check, ...] = (
    *(within(SSD, check) for check in _CHOICES),
    for_ssd(check_background),
    for_ssd(check_miner),
    Absent(f"{LOSS}.random_example_sampler"),
    Only(f"{LOSS}.equalization_loss.weight", (0.0,)),
    Only(f"{LOSS}.expected_loss_weights", ("NONE",)),
    Range(f"{LOSS}.classification_weight", 0),
    Range(f"{LOSS}.localization_weight", 0),
    Range(f"{LOCALIZATION}.weighted_smooth_l1.delta", 0, above=True),
    Range(f"{CLASSIFICATION}.weighted_sigmoid_focal.gamma", 0),
    Range(f"{CLASSIFICATION}.weighted_sigmoid_focal.alpha", 0, 1),
    Range(f"{CLASSIFICATION}.weighted_softmax.logit_scale", 0, above=True),
    Range(f"{CLASSIFICATION}.weighted_logits_softmax.logit_scale", 0, above=True),
    Range(f"{CLASSIFICATION}.bootstrapped_sigmoid.alpha", 0, 1),
    Range(f"{MINER}.num_hard_examples", 0),
    Range(f"{MINER}.iou_threshold", 0, 1),
    Range(f"{MINER}.max_negatives_per_positive", 0),
    Range(f"{MINER}.min_negatives_per_image", 0),
)
"""The checks of `model.ssd.loss`."""
