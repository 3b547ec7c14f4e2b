"""Count the floating-point operations of a network's convolutions."""

import math
from typing import Any

import keras


def training_flop_per_image(network: Any) -> float:
    """Return the floating-point operations of one training step per image.

    Counts only convolutions, each as often as it is applied: one multiplication and one addition per weight and
    output pixel, once in the forward and twice in the backward pass.
    """
    multiplications = 0
    for operation in network._operations:
        for node in operation._inbound_nodes:
            output = node.outputs[0]
            if node.operation is operation and output.shape[0] is None and len(output.shape) == 4:
                multiplications += output.shape[1] * output.shape[2] * _weights_per_pixel(operation)
    return 2.0 * 3.0 * multiplications


def _weights_per_pixel(layer: Any) -> int:
    """Return the number of weights that contribute to one output pixel; 0 if the layer is not a convolution."""
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return math.prod(layer.kernel.shape[:3])
    if isinstance(layer, keras.layers.SeparableConv2D):
        return math.prod(layer.depthwise_kernel.shape) + math.prod(layer.pointwise_kernel.shape)
    if isinstance(layer, keras.layers.Conv2D):
        return math.prod(layer.kernel.shape)
    return 0
