"""What any backbone needs to know."""

from dataclasses import dataclass

from detection.model.hyperparameters import ConvHyperparameters


@dataclass(frozen=True)
class BackboneSettings:
    """The size and style of a backbone; `min_depth` is the least number of channels of a convolution."""

    depth_multiplier: float
    min_depth: int
    use_explicit_padding: bool
    hyper: ConvHyperparameters
