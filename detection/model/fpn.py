"""The feature pyramid (Lin et al. 2017, arXiv:1612.03144) and the coarse levels above it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sweepbox.detection.model.hyperparameters import ConvHyperparameters
from sweepbox.detection.model.layers import KernelGroup, LayerFactory

BACKBONE_TOP_LEVEL = 5
"""The coarsest level of a backbone; coarser levels are computed with strided convolutions."""


@dataclass(frozen=True)
class FeaturePyramid:
    """Adds the layers of a feature pyramid to a graph; all its maps have `depth` channels."""

    factory: LayerFactory
    hyper: ConvHyperparameters
    min_level: int
    max_level: int
    depth: int
    use_depthwise: bool

    @property
    def top_level(self) -> int:
        """The coarsest level that comes from the backbone."""
        return min(self.max_level, BACKBONE_TOP_LEVEL)

    def __call__(self, endpoints: Mapping[int, Any]) -> dict[int, Any]:
        """Return the maps of the levels `min_level` to `max_level`, in increasing order.

        The map of the backbone's top level is only a projection, without batch norm, activation and smoothing;
        the first coarse level is computed from it.
        """
        pyramid = {self.top_level: self._projection(endpoints, self.top_level, "fpn_top")}
        for level in range(self.top_level - 1, self.min_level - 1, -1):
            upsampled = self.factory.upsampling(f"fpn_upsampling_{level}")(pyramid[level + 1])
            lateral = self._projection(endpoints, level, f"fpn_lateral_{level}")
            total = self.factory.add(f"fpn_add_{level}")([lateral, upsampled])
            pyramid[level] = self._conv_block(total, f"fpn_smooth_{level}", stride=1)
        for level in range(self.top_level + 1, self.max_level + 1):
            pyramid[level] = self._conv_block(pyramid[level - 1], f"coarse_{level}", stride=2)
        return dict(sorted(pyramid.items()))

    def _projection(self, endpoints: Mapping[int, Any], level: int, name: str) -> Any:
        conv = self.factory.conv(
            name, self.depth, 1, hyper=self.hyper, group=KernelGroup.FEATURE_PYRAMID, use_bias=True
        )
        return conv(endpoints[level])

    def _conv_block(self, inputs: Any, name: str, *, stride: int) -> Any:
        maps = self._conv(f"{name}_conv", stride)(inputs)
        maps = self.factory.batch_norm(f"{name}_bn", self.hyper)(maps)
        return self.factory.activation(f"{name}_activation", self.hyper.activation)(maps)

    def _conv(self, name: str, stride: int) -> Any:
        group = KernelGroup.FEATURE_PYRAMID
        if self.use_depthwise:
            return self.factory.separable(
                name,
                self.depth,
                3,
                depthwise=(self.hyper.initializer, group),
                stride=stride,
                use_bias=self.hyper.use_bias,
            )
        return self.factory.conv(
            name, self.depth, 3, hyper=self.hyper, group=group, stride=stride, use_bias=self.hyper.use_bias
        )
