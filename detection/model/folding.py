"""Converts a convolution and its batch norm to another input scale, bias or epsilon."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]

SUFFICIENT_VARIANCE = 100.0
"""A variance of this many epsilons is not scaled up further: epsilon is then at most 1 % of it."""


@dataclass(frozen=True, eq=False)
class ConvNorm:
    """A convolution without bias and its batch norm.

    Attributes:
        kernel: `[height, width, in, out]`, or `[height, width, channels, 1]` of a depthwise convolution.
        gamma: The scale `[out]`.
        beta: The offset `[out]`.
        mean: The moving mean `[out]`.
        variance: The moving variance `[out]`.
        epsilon: What the batch norm adds to the variance.
    """

    kernel: Float32Array
    gamma: Float32Array
    beta: Float32Array
    mean: Float32Array
    variance: Float32Array
    epsilon: float

    def with_bias(self, bias: Float32Array) -> "ConvNorm":
        """Return the pair for a convolution with a bias: the bias is subtracted from the mean."""
        return replace(self, mean=self.mean - bias)

    def with_input(self, factor: Float32Array, offset: Float32Array) -> "ConvNorm":
        """Return the pair whose output for x is the output of this pair for `factor * x + offset`.

        `factor` and `offset` are `[in]`. It is exact except at zero padding, which the new pair treats as
        `offset`.
        """
        constant = np.einsum("hwio,i->o", self.kernel, offset)
        return replace(self, kernel=self.kernel * factor[:, None], mean=self.mean - constant)

    def with_epsilon(self, epsilon: float) -> "ConvNorm":
        """Return the pair for a batch norm with another epsilon; the output with moving statistics is the same.

        If a larger epsilon would dominate the variance of a channel, its kernel, mean and variance are scaled
        up (at most by the root of the ratio of the epsilons), so that the output with batch statistics, as in
        training, is nearly the same too. The rest of the difference is added to the variance.
        """
        largest = max(1.0, np.sqrt(epsilon / self.epsilon))
        wanted = np.sqrt(SUFFICIENT_VARIANCE * epsilon / np.maximum(self.variance.astype(np.float64), 1e-30))
        scale = np.clip(wanted, 1.0, largest)
        variance = scale**2 * (self.variance.astype(np.float64) + self.epsilon) - epsilon
        return ConvNorm(
            kernel=(self.kernel * _along_outputs(scale, self.kernel)).astype(np.float32),
            gamma=self.gamma,
            beta=self.beta,
            mean=(self.mean * scale).astype(np.float32),
            variance=np.maximum(variance, 0.0).astype(np.float32),
            epsilon=epsilon,
        )


def _along_outputs(scale: NDArray[np.float64], kernel: Float32Array) -> NDArray[np.float64]:
    """Return factors for the output channels `[out]` in a shape that broadcasts with the kernel."""
    depthwise = kernel.shape[2] == len(scale) and kernel.shape[3] == 1
    return scale[:, None] if depthwise else scale
