"""Focal loss with the background as a class of its own."""

import math
from collections.abc import Iterator

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.diagnosis.first_loss import first_classification_loss
from sweepbox.detection.diagnosis.traps.finding import Case, Finding
from sweepbox.detection.model.hyperparameters import chosen_predictor

LOW_BIAS = -1.0
"""Class logits that start below this say "nothing here" in every column."""


def background_as_class(case: Case) -> Iterator[Finding]:
    """Find a focal loss and a low initial class bias without `encode_background_as_zeros`.

    The target of an unmatched anchor is then 1 in the background column, whose logit starts as low as the
    others, so that nearly all anchors begin with the largest loss. The loss of all anchors is divided by the
    few that are matched. With data, the finding states it, see `first_classification_loss`.
    """
    ssd = case.ssd
    bias = chosen_predictor(ssd).class_prediction_bias_init
    loss = ssd.loss.classification_loss
    is_focal = loss.HasField("weighted_sigmoid_focal")
    if is_focal and ssd.add_background_class and not ssd.encode_background_as_zeros and bias < LOW_BIAS:
        focal = loss.weighted_sigmoid_focal
        probability = 1 / (1 + math.exp(-bias))
        alpha = focal.alpha if focal.HasField("alpha") else 1.0
        start = alpha * (1 - probability) ** focal.gamma * -math.log(probability)
        yield Finding(
            f"class_prediction_bias_init = {bias:.3g} with weighted_sigmoid_focal",
            "encode_background_as_zeros is unset, so the background is a class, which this bias calls absent "
            f"at every anchor: each begins with a loss of {start:.2g}, {_first_loss(case, bias)}",
            "set model.ssd.encode_background_as_zeros: true",
        )


def _first_loss(case: Case, bias: float) -> str:
    """Return what the first loss is, on the data where they are known."""
    without = pb.TrainEvalPipelineConfig()
    without.CopyFrom(case.config)
    without.model.ssd.encode_background_as_zeros = True
    try:
        if case.boxes is not None:
            here, there = (
                first_classification_loss(config, case.boxes, bias=bias) for config in (case.config, without)
            )
            divided = (
                ", of all anchors over the matched ones," if case.ssd.normalize_loss_by_num_matches else ""
            )
            return (
                f"and the classification loss of the first step{divided} is about {_rounded(here)} "
                f"on these data instead of {_rounded(there)}"
            )
    except ConfigError:
        pass  # what is not supported is a problem of the config
    return "and the first loss is hundreds or thousands instead of about 2"


def _rounded(value: float) -> str:
    """Return a number with two digits, in full."""
    return f"{float(f'{value:.2g}'):,g}"
