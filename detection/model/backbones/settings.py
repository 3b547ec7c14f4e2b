"""The settings that all backbones share."""

from dataclasses import dataclass

from sweepbox.detection.model.hyperparameters import ConvHyperparameters

EXPLICIT_PADDING = ((1, 1), (1, 1))
"""Rows (before, after) and columns (before, after) of explicit padding for a 3x3 convolution."""


@dataclass(frozen=True)
class BackboneSettings:
    """The size and hyperparameters of a backbone.

    Attributes:
        depth_multiplier: The factor for the number of channels.
        min_depth: The smallest number of channels of a convolution.
        use_explicit_padding: Pad explicitly and symmetrically instead of with 'same'.
        hyper: The hyperparameters of the convolutions.
    """

    depth_multiplier: float
    min_depth: int
    use_explicit_padding: bool
    hyper: ConvHyperparameters
