"""Which losses of a config are supported, and which of their values make sense."""

from detection.config.rules import Absent, Check, Choice, Only, Range
from detection.config.support_parts import SSD, within

LOSS = f"{SSD}.loss"

_CHOICES: tuple[Check, ...] = (
    Choice(f"{LOSS}.localization_loss", "localization_loss", ("weighted_smooth_l1", "weighted_l2")),
    Choice(
        f"{LOSS}.classification_loss", "classification_loss", ("weighted_sigmoid_focal", "weighted_sigmoid")
    ),
)

LOSS_CHECKS: tuple[Check, ...] = (
    *(within(SSD, check) for check in _CHOICES),
    Absent(f"{LOSS}.hard_example_miner"),
    Absent(f"{LOSS}.random_example_sampler"),
    Only(f"{LOSS}.equalization_loss.weight", (0.0,)),
    Only(f"{LOSS}.expected_loss_weights", ("NONE",)),
    Range(f"{LOSS}.classification_weight", 0),
    Range(f"{LOSS}.localization_weight", 0),
    Range(f"{LOSS}.localization_loss.weighted_smooth_l1.delta", 0, above=True),
    Range(f"{LOSS}.classification_loss.weighted_sigmoid_focal.gamma", 0),
    Range(f"{LOSS}.classification_loss.weighted_sigmoid_focal.alpha", 0, 1),
)
"""What `model.ssd.loss` is checked for."""
