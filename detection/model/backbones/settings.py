"""What any backbone needs to know."""

from dataclasses import dataclass

from sweepbox.detection.model.hyperparameters import ConvHyperparameters

EXPLICIT_PADDING = ((1, 1), (1, 1))
"""What a MobileNet's 3x3 convolutions see around a map where the padding is explicit."""


@dataclass(frozen=True)
class BackboneSettings:
    """The size and style of a backbone; `min_depth` is the least number of channels of a convolution."""

    depth_multiplier: float
    min_depth: int
    use_explicit_padding: bool
    hyper: ConvHyperparameters
