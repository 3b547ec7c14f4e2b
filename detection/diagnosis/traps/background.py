"""Focal loss with the background as a class of its own."""

import math
from collections.abc import Iterator

from sweepbox.detection.diagnosis.traps.finding import Case, Finding
from sweepbox.detection.model.hyperparameters import chosen_predictor

LOW_BIAS = -1.0
"""Class logits that start below this say "nothing here" in every column."""


def background_as_class(case: Case) -> Iterator[Finding]:
    """Find a focal loss and a low initial class bias without `encode_background_as_zeros`.

    The target of an unmatched anchor is then 1 in the background column, whose logit starts as low as the
    others, so that nearly all anchors begin with the largest loss.
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
            f"at every anchor: each begins with a loss of {start:.2g}, and the first loss is hundreds "
            "or thousands instead of about 2",
            "set model.ssd.encode_background_as_zeros: true",
        )
