"""Batch norm in JAX with as few passes over the maps as possible, which bound its speed on a GPU.

Differentiated by JAX itself, the mean and then the variance are a pass each, and their gradients three more;
here the statistics take one pass, and both sums of the gradient another.
"""

from functools import partial
from typing import Any

import jax  # type: ignore[import-not-found, unused-ignore]
import jax.numpy as jnp  # type: ignore[import-not-found, unused-ignore]

AXES = (0, 1, 2)


@partial(jax.custom_vjp, nondiff_argnums=(4,))
def normalised(inputs: Any, gamma: Any, beta: Any, shift: Any, epsilon: float) -> tuple[Any, Any, Any]:
    """Return the normalised inputs, and mean and biased variance of the batch.

    Inputs are `[batch, height, width, channels]`; everything of shape `[channels]` is float32. No gradient
    flows through the returned statistics. The variance is the mean of squares less the square of the mean, both
    of the distances from `shift` `[channels]`, so that it loses no digits where this is near the mean: the
    moving mean is.
    """
    return _forward(inputs, gamma, beta, shift, epsilon)[0]


def _forward(
    inputs: Any, gamma: Any, beta: Any, shift: Any, epsilon: float
) -> tuple[tuple[Any, Any, Any], tuple[Any, ...]]:
    wide = inputs.astype(jnp.float32)
    distances = wide - shift
    first, second = distances.mean(AXES), jnp.square(distances).mean(AXES)
    mean, variance = first + shift, jnp.maximum(second - jnp.square(first), 0.0)
    inverse = jax.lax.rsqrt(variance + epsilon)
    outputs = ((wide - mean) * (gamma * inverse) + beta).astype(inputs.dtype)
    return (outputs, mean, variance), (inputs, gamma, mean, inverse)


def _backward(
    epsilon: float,  # noqa: ARG001 - the interface of custom_vjp
    kept: tuple[Any, ...],
    upstreams: tuple[Any, Any, Any],
) -> tuple[Any, Any, Any, Any]:
    inputs, gamma, mean, inverse = kept
    upstream = upstreams[0].astype(jnp.float32)
    normal = (inputs.astype(jnp.float32) - mean) * inverse
    to_beta, to_gamma = upstream.sum(AXES), (upstream * normal).sum(AXES)
    count = inputs.size // inputs.shape[-1]
    to_inputs = gamma * inverse * (upstream - (to_beta + normal * to_gamma) / count)
    return to_inputs.astype(inputs.dtype), to_gamma, to_beta, jnp.zeros_like(mean)


normalised.defvjp(_forward, _backward)
