"""MobileNetV1 (Howard et al. 2017, arXiv:1704.04861).

Layers have the names of `keras.applications`. The padding is 'same', or explicit and symmetric.
"""

from dataclasses import dataclass
from typing import Any

from sweepbox.detection.model.backbones.settings import EXPLICIT_PADDING, BackboneSettings
from sweepbox.detection.model.layers import KernelGroup, LayerFactory

STEM_CHANNELS = 32
BLOCKS = (
    (64, 1),
    *[(128, 2), (128, 1)],
    *[(256, 2), (256, 1)],
    *[(512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1)],
    *[(1024, 2), (1024, 1)],
)
"""Output channels and stride of each depthwise separable block."""

NARROW_END = {12: 512, 13: 256}
"""Output channels of the last blocks if the feature pyramid is depthwise, by block number."""

LEVEL_OF_BLOCK = {3: 2, 5: 3, 11: 4, 13: 5}
"""The FPN level of a block's output, by block number."""


@dataclass(frozen=True)
class MobileNetV1:
    """Adds the layers of a MobileNetV1 to a graph.

    Attributes:
        factory: Creates the layers.
        settings: Size and hyperparameters.
        narrow_end: Use the smaller number of channels of `NARROW_END` in the last two blocks.
    """

    factory: LayerFactory
    settings: BackboneSettings
    narrow_end: bool = False

    def __call__(self, images: Any, top_level: int) -> dict[int, Any]:
        """Return the feature maps of the levels 2 to `top_level` (at most 5), by level."""
        maps = self._conv(images, "conv1", self._channels(STEM_CHANNELS), 3, stride=2)
        endpoints: dict[int, Any] = {}
        for number, (channels, stride) in enumerate(BLOCKS, start=1):
            maps = self._depthwise(maps, f"conv_dw_{number}", stride)
            maps = self._conv(maps, f"conv_pw_{number}", self._block_channels(number, channels), 1)
            if number in LEVEL_OF_BLOCK:
                endpoints[LEVEL_OF_BLOCK[number]] = maps
            if top_level in endpoints:
                break
        return endpoints

    def _channels(self, count: int) -> int:
        """Return the channels of a layer; the multiplier is applied twice, as in the original."""
        multiplier = self.settings.depth_multiplier
        return max(int(int(count * multiplier) * multiplier), self.settings.min_depth)

    def _block_channels(self, number: int, channels: int) -> int:
        if self.narrow_end and number in NARROW_END:  # multiplied once, as in the original
            return max(int(NARROW_END[number] * self.settings.depth_multiplier), self.settings.min_depth)
        return self._channels(channels)

    def _conv(self, inputs: Any, name: str, channels: int, kernel_size: int, *, stride: int = 1) -> Any:
        inputs, padding = self._padded(inputs, name, kernel_size)
        conv = self.factory.conv(
            name,
            channels,
            kernel_size,
            hyper=self.settings.hyper,
            group=KernelGroup.BACKBONE,
            stride=stride,
            padding=padding,
        )
        return self._norm(conv(inputs), name)

    def _depthwise(self, inputs: Any, name: str, stride: int) -> Any:
        inputs, padding = self._padded(inputs, name, 3)
        kernel = (self.settings.hyper.initializer, KernelGroup.BACKBONE)
        conv = self.factory.depthwise(name, kernel=kernel, stride=stride, padding=padding)
        return self._norm(conv(inputs), name)

    def _padded(self, inputs: Any, name: str, kernel_size: int) -> tuple[Any, str]:
        """Return the inputs, explicitly padded if configured, and the padding mode of the convolution."""
        if kernel_size == 1 or not self.settings.use_explicit_padding:
            return inputs, "same"
        return self.factory.zero_padding(f"{name}_pad", EXPLICIT_PADDING)(inputs), "valid"

    def _norm(self, inputs: Any, name: str) -> Any:
        maps = self.factory.batch_norm(f"{name}_bn", self.settings.hyper)(inputs)
        return self.factory.activation(f"{name}_relu", self.settings.hyper.activation)(maps)
