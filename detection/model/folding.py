"""A convolution with its batch norm, re-expressed for another input scale, bias or epsilon."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]

COMFORTABLE_VARIANCE = 100.0
"""From this many epsilons on, a variance is raised no further: epsilon then weighs 1 % at most."""


@dataclass(frozen=True, eq=False)
class ConvNorm:
    """A convolution without bias and its batch norm.

    `kernel` is `[height, width, in, out]`, of a depthwise convolution `[height, width, channels, 1]`; the
    others are `[out]`. `epsilon` is what the batch norm adds to the variance.
    """

    kernel: Float32Array
    gamma: Float32Array
    beta: Float32Array
    mean: Float32Array
    variance: Float32Array
    epsilon: float

    def with_bias(self, bias: Float32Array) -> "ConvNorm":
        """Return the same pair for a convolution that had a bias: the mean takes it."""
        return replace(self, mean=self.mean - bias)

    def with_input(self, factor: Float32Array, offset: Float32Array) -> "ConvNorm":
        """Return the pair that gives for x what this gives for `factor * x + offset`; both are `[in]`.

        Exact away from the zero padding, which stands for `offset` afterwards and for 0 before.
        """
        constant = np.einsum("hwio,i->o", self.kernel, offset)
        return replace(self, kernel=self.kernel * factor[:, None], mean=self.mean - constant)

    def with_epsilon(self, epsilon: float) -> "ConvNorm":
        """Return the pair for a batch norm with another epsilon; with moving statistics it computes the same.

        Where a larger epsilon would drown a channel's variance, kernel, mean and variance of the channel are
        scaled up (by the root of the ratio of the epsilons at most), so that the pair also computes nearly the
        same with the statistics of a batch, as in training. The rest of the difference goes into the variance.
        """
        most = max(1.0, np.sqrt(epsilon / self.epsilon))
        wanted = np.sqrt(COMFORTABLE_VARIANCE * epsilon / np.maximum(self.variance.astype(np.float64), 1e-30))
        scale = np.clip(wanted, 1.0, most)
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
    """Return a factor for each output channel `[out]` in a shape that multiplies a kernel."""
    depthwise = kernel.shape[2] == len(scale) and kernel.shape[3] == 1
    return scale[:, None] if depthwise else scale
