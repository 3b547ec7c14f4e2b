"""The extra feature layers of the classic SSD (Liu et al. 2016), which follow the backbone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sweepbox.detection.model.backbones.settings import EXPLICIT_PADDING
from sweepbox.detection.model.hyperparameters import ConvHyperparameters
from sweepbox.detection.model.layers import KernelGroup, LayerFactory

EXTRA_DEPTHS = (512, 256, 256, 128)
"""Output channels of the extra layers; each has a 1x1 convolution with half as many channels before it."""


@dataclass(frozen=True)
class ExtraMaps:
    """Adds extra feature maps to those of a backbone, each half the size of the previous one.

    Attributes:
        factory: Creates the layers.
        hyper: The hyperparameters of the convolutions.
        num_maps: The total number of maps.
        depth_multiplier: The factor for the number of channels.
        min_depth: The smallest number of channels.
        use_depthwise: Use separable 3 × 3 convolutions.
        use_explicit_padding: Pad explicitly and symmetrically instead of with 'same'.
    """

    factory: LayerFactory
    hyper: ConvHyperparameters
    num_maps: int
    depth_multiplier: float
    min_depth: int
    use_depthwise: bool
    use_explicit_padding: bool

    def __call__(self, endpoints: Mapping[int, Any]) -> dict[int, Any]:
        """Return the maps by level, finest first: those of the backbone, then the extra ones."""
        maps = dict(endpoints)
        for depth in EXTRA_DEPTHS[: self.num_maps - len(endpoints)]:
            level = max(maps) + 1
            name = f"extra_{level}"
            reduced = self._conv_block(maps[level - 1], f"{name}_reduce", depth / 2, kernel_size=1, stride=1)
            maps[level] = self._halved(reduced, name, depth)
        return maps

    def _halved(self, inputs: Any, name: str, depth: float) -> Any:
        """Return the map after a 3 × 3 convolution with stride 2, separable if `use_depthwise`."""
        if not self.use_depthwise:
            return self._conv_block(inputs, name, depth, kernel_size=3, stride=2)
        inputs, padding = self._padded(inputs, name)
        conv = self.factory.depthwise(
            f"{name}_depthwise_conv", stride=2, padding=padding, use_bias=self.hyper.use_bias
        )
        maps = self._norm(conv(inputs), f"{name}_depthwise")
        return self._conv_block(maps, name, depth, kernel_size=1, stride=1)

    def _conv_block(self, inputs: Any, name: str, depth: float, *, kernel_size: int, stride: int) -> Any:
        inputs, padding = self._padded(inputs, name) if kernel_size > 1 else (inputs, "same")
        conv = self.factory.conv(
            f"{name}_conv",
            max(int(depth * self.depth_multiplier), self.min_depth),
            kernel_size,
            hyper=self.hyper,
            group=KernelGroup.FEATURE_PYRAMID,
            stride=stride,
            padding=padding,
            use_bias=self.hyper.use_bias,
        )
        return self._norm(conv(inputs), name)

    def _padded(self, inputs: Any, name: str) -> tuple[Any, str]:
        """Return the inputs, explicitly padded if configured, and the padding mode of the convolution."""
        if not self.use_explicit_padding:
            return inputs, "same"
        return self.factory.zero_padding(f"{name}_pad", EXPLICIT_PADDING)(inputs), "valid"

    def _norm(self, inputs: Any, name: str) -> Any:
        maps = self.factory.batch_norm(f"{name}_bn", self.hyper)(inputs)
        return self.factory.activation(f"{name}_activation", self.hyper.activation)(maps)
