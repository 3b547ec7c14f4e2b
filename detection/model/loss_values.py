"""The dynamic hyperparameters of the losses: reads them from a config, and clears them in it."""

from collections.abc import Callable

from sweepbox.detection.config import pipeline_pb2 as pb


def _logit_scale(ssd: pb.Ssd) -> float:
    loss = ssd.loss.classification_loss
    hard, soft = loss.weighted_softmax, loss.weighted_logits_softmax
    return soft.logit_scale if loss.HasField("weighted_logits_softmax") else hard.logit_scale


LOSS_READERS: dict[str, Callable[[pb.Ssd], float]] = {
    "focal_alpha": lambda ssd: ssd.loss.classification_loss.weighted_sigmoid_focal.alpha,
    "focal_gamma": lambda ssd: ssd.loss.classification_loss.weighted_sigmoid_focal.gamma,
    "softmax_logit_scale": _logit_scale,
    "bootstrap_alpha": lambda ssd: ssd.loss.classification_loss.bootstrapped_sigmoid.alpha,
    "smooth_l1_delta": lambda ssd: ssd.loss.localization_loss.weighted_smooth_l1.delta,
    "localization_weight": lambda ssd: ssd.loss.localization_weight,
    "classification_weight": lambda ssd: ssd.loss.classification_weight,
    "negative_class_weight": lambda ssd: ssd.negative_class_weight,
    "miner_iou_threshold": lambda ssd: ssd.loss.hard_example_miner.iou_threshold,
    "miner_negatives_per_positive": lambda ssd: ssd.loss.hard_example_miner.max_negatives_per_positive,
    "miner_min_negatives": lambda ssd: ssd.loss.hard_example_miner.min_negatives_per_image,
}
"""How each dynamic value of the losses is read from a config."""

_DYNAMIC_FIELDS = {
    "classification_loss.weighted_sigmoid_focal": ("gamma",),
    "classification_loss.weighted_softmax": ("logit_scale",),
    "classification_loss.weighted_logits_softmax": ("logit_scale",),
    "classification_loss.bootstrapped_sigmoid": ("alpha",),
    "localization_loss.weighted_smooth_l1": ("delta",),
    "hard_example_miner": ("iou_threshold", "max_negatives_per_positive", "min_negatives_per_image"),
}


def clear_loss_values(ssd: pb.Ssd) -> None:
    """Clear the dynamic values of the losses in a config, in place; whether focal alpha is set is kept."""
    focal = ssd.loss.classification_loss.weighted_sigmoid_focal
    if focal.HasField("alpha"):
        focal.alpha = 0.0
    for path, fields in _DYNAMIC_FIELDS.items():
        parent_name, _, name = path.rpartition(".")
        parent = getattr(ssd.loss, parent_name) if parent_name else ssd.loss
        if parent.HasField(name):
            for field in fields:
                getattr(parent, name).ClearField(field)
    ssd.loss.ClearField("localization_weight")
    ssd.loss.ClearField("classification_weight")
    ssd.ClearField("negative_class_weight")
