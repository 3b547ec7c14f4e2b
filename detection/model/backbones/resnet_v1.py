"""ResNet V1 (He et al. 2015, arXiv:1512.03385) with the stride on the first 1 × 1 convolution of a block.

Layers have the names of `keras.applications`.
"""

from dataclasses import dataclass
from typing import Any

from sweepbox.detection.model.backbones.settings import BackboneSettings
from sweepbox.detection.model.hyperparameters import Activation
from sweepbox.detection.model.layers import KernelGroup, LayerFactory

BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
"""The number of bottleneck blocks in the stages conv2 to conv5, by network depth."""

STAGE_WIDTHS = (64, 128, 256, 512)
EXPANSION = 4
STEM_PADDING = ((3, 3), (3, 3))


@dataclass(frozen=True)
class ResNet:
    """Adds the layers of a ResNet to a graph; `depth` is a key of `BLOCKS`."""

    factory: LayerFactory
    settings: BackboneSettings
    depth: int

    def __call__(self, images: Any, top_level: int) -> dict[int, Any]:
        """Return the feature maps of the FPN levels 2 to `top_level` (at most 5), by level."""
        maps = self._stem(images)
        endpoints = {}
        for stage in range(top_level - 1):
            for block in range(BLOCKS[self.depth][stage]):
                maps = self._block(maps, stage, block)
            endpoints[stage + 2] = maps
        return endpoints

    def _channels(self, count: int) -> int:
        return max(int(count * self.settings.depth_multiplier), self.settings.min_depth)

    def _stem(self, images: Any) -> Any:
        """Return the output of the 7 × 7 convolution and the pooling, at a quarter of the image size."""
        padded = self.factory.zero_padding("conv1_pad", STEM_PADDING)(images)
        maps = self._conv_norm(padded, "conv1", self._channels(64), 7, stride=2, padding="valid")
        return self.factory.max_pool("pool1_pool")(self._activate(maps, "conv1_relu"))

    def _block(self, inputs: Any, stage: int, block: int) -> Any:
        """Return the output of one bottleneck block."""
        name = f"conv{stage + 2}_block{block + 1}"
        width = STAGE_WIDTHS[stage]
        stride = 2 if stage > 0 and block == 0 else 1
        wide = self._channels(width * EXPANSION)
        shortcut = inputs
        if block == 0:
            shortcut = self._conv_norm(inputs, f"{name}_0", wide, 1, stride=stride)
        maps = self._conv_norm(inputs, f"{name}_1", self._channels(width), 1, stride=stride)
        maps = self._activate(maps, f"{name}_1_relu")
        maps = self._conv_norm(maps, f"{name}_2", self._channels(width), 3)
        maps = self._activate(maps, f"{name}_2_relu")
        maps = self._conv_norm(maps, f"{name}_3", wide, 1)
        return self._activate(self.factory.add(f"{name}_add")([shortcut, maps]), f"{name}_out")

    def _conv_norm(
        self, inputs: Any, name: str, channels: int, kernel_size: int, *, stride: int = 1, padding: str = "same"
    ) -> Any:
        conv = self.factory.conv(
            f"{name}_conv",
            channels,
            kernel_size,
            hyper=self.settings.hyper,
            group=KernelGroup.BACKBONE,
            stride=stride,
            padding=padding,
        )
        return self.factory.batch_norm(f"{name}_bn", self.settings.hyper)(conv(inputs))

    def _activate(self, inputs: Any, name: str) -> Any:
        if self.settings.hyper.activation is Activation.NONE:
            return inputs
        return self.factory.activation(name, self.settings.hyper.activation)(inputs)
