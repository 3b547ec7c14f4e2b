"""MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381).

Layers have the names of `keras.applications`. The padding is 'same', or explicit and symmetric.
"""

from dataclasses import dataclass
from typing import Any

from sweepbox.detection.model.backbones.settings import EXPLICIT_PADDING, BackboneSettings
from sweepbox.detection.model.hyperparameters import Activation
from sweepbox.detection.model.layers import KernelGroup, LayerFactory

STEM_CHANNELS = 32
HEAD_CHANNELS = 1280
EXPANSION = 6
BLOCKS = (
    *[(16, 1)],
    *[(24, 2), (24, 1)],
    *[(32, 2), (32, 1), (32, 1)],
    *[(64, 2), (64, 1), (64, 1), (64, 1)],
    *[(96, 1), (96, 1), (96, 1)],
    *[(160, 2), (160, 1), (160, 1)],
    *[(320, 1)],
)
"""Output channels and stride of each inverted residual block."""

LEVEL_OF_BLOCK = {2: 2, 5: 3, 12: 4}
"""The FPN level of a block's output, by block number; level 5 is the output of the last convolution."""

EXPANDED_BLOCK = 13
"""The block whose expanded input is level 4 of the classic SSD."""


def divisible_channels(channels: float, divisor: int = 8) -> int:
    """Return the multiple of `divisor` nearest to `channels`, at least 90 % of it and at least `divisor`."""
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded


@dataclass(frozen=True)
class MobileNetV2:
    """Adds the layers of a MobileNetV2 to a graph.

    Attributes:
        factory: Creates the layers.
        settings: Size and hyperparameters.
        expanded_level_4: Use the expanded input of block `EXPANDED_BLOCK` as level 4, not a block's output.
    """

    factory: LayerFactory
    settings: BackboneSettings
    expanded_level_4: bool = False

    def __call__(self, images: Any, top_level: int) -> dict[int, Any]:
        """Return the feature maps of the levels 2 to `top_level` (at most 5), by level.

        As in the original, a multiplier above 1 does not widen the last convolution.
        """
        multiplier = self.settings.depth_multiplier
        maps = self._conv(images, "Conv1", divisible_channels(STEM_CHANNELS * multiplier), 3, stride=2)
        maps = self._norm(maps, "bn_Conv1", activation_name="Conv1_relu")
        endpoints: dict[int, Any] = {}
        for index, (channels, stride) in enumerate(BLOCKS):
            maps, expanded = self._block(maps, index, channels, stride)
            if index in LEVEL_OF_BLOCK:
                endpoints[LEVEL_OF_BLOCK[index]] = maps
            elif index == EXPANDED_BLOCK and self.expanded_level_4:
                endpoints[4] = expanded
            if top_level in endpoints:
                return endpoints
        maps = self._conv(maps, "Conv_1", divisible_channels(HEAD_CHANNELS * min(multiplier, 1.0)), 1)
        endpoints[5] = self._norm(maps, "Conv_1_bn", activation_name="out_relu")
        return endpoints

    def _block(self, inputs: Any, index: int, channels: int, stride: int) -> tuple[Any, Any]:
        """Return the output of one inverted residual block, and its expanded input.

        The block has a shortcut if its input has as many channels as its rounded width. `min_depth` may have
        raised the channels of the input, but does not change the width.
        """
        name = f"block_{index}_" if index else "expanded_conv_"
        width = divisible_channels(int(channels * self.settings.depth_multiplier))
        maps = inputs
        if index:
            maps = self._conv(maps, f"{name}expand", EXPANSION * inputs.shape[-1], 1, least=1)
            maps = self._norm(maps, f"{name}expand_BN", activation_name=f"{name}expand_relu")
        expanded = maps
        maps = self._depthwise(maps, f"{name}depthwise", stride)
        maps = self._norm(maps, f"{name}depthwise_BN", activation_name=f"{name}depthwise_relu")
        maps = self._norm(self._conv(maps, f"{name}project", width, 1), f"{name}project_BN")
        if stride == 1 and inputs.shape[-1] == width:
            return self.factory.add(f"{name}add")([inputs, maps]), expanded
        return maps, expanded

    def _conv(
        self,
        inputs: Any,
        name: str,
        channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        least: int | None = None,
    ) -> Any:
        inputs, padding = self._padded(inputs, name, kernel_size)
        conv = self.factory.conv(
            name,
            max(channels, self.settings.min_depth if least is None else least),
            kernel_size,
            hyper=self.settings.hyper,
            group=KernelGroup.BACKBONE,
            stride=stride,
            padding=padding,
        )
        return conv(inputs)

    def _depthwise(self, inputs: Any, name: str, stride: int) -> Any:
        inputs, padding = self._padded(inputs, name, 3)
        kernel = (self.settings.hyper.initializer, KernelGroup.BACKBONE)
        conv = self.factory.depthwise(name, kernel=kernel, stride=stride, padding=padding)
        return conv(inputs)

    def _padded(self, inputs: Any, name: str, kernel_size: int) -> tuple[Any, str]:
        """Return the inputs, explicitly padded if configured, and the padding mode of the convolution."""
        if kernel_size == 1 or not self.settings.use_explicit_padding:
            return inputs, "same"
        return self.factory.zero_padding(f"{name}_pad", EXPLICIT_PADDING)(inputs), "valid"

    def _norm(self, inputs: Any, name: str, *, activation_name: str | None = None) -> Any:
        maps = self.factory.batch_norm(name, self.settings.hyper)(inputs)
        if activation_name is None or self.settings.hyper.activation is Activation.NONE:
            return maps
        return self.factory.activation(activation_name, self.settings.hyper.activation)(maps)
