"""How much arithmetic a network's convolutions are."""

import math
from typing import Any

import keras


def training_flop_per_image(network: Any) -> float:
    """Return the floating-point operations that training takes for an image.

    Counts the convolutions alone, at every place where each is applied: a multiplication and an addition for
    each weight and output pixel, forward once and backward twice.
    """
    multiplications = 0
    for operation in network._operations:
        for node in operation._inbound_nodes:
            output = node.outputs[0]
            if node.operation is operation and output.shape[0] is None and len(output.shape) == 4:
                multiplications += output.shape[1] * output.shape[2] * _weights_per_pixel(operation)
    return 2.0 * 3.0 * multiplications


def _weights_per_pixel(layer: Any) -> int:
    """Return how many weights go into a pixel of a layer's output; 0 where the layer is no convolution."""
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return math.prod(layer.kernel.shape[:3])
    if isinstance(layer, keras.layers.SeparableConv2D):
        return math.prod(layer.depthwise_kernel.shape) + math.prod(layer.pointwise_kernel.shape)
    if isinstance(layer, keras.layers.Conv2D):
        return math.prod(layer.kernel.shape)
    return 0
