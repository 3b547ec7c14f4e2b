"""Batch normalisation with the moving statistics of the Object Detection API."""

from typing import Any

import keras
from keras import ops

from sweepbox.detection.model.hyperparameters import BatchNormSettings


class BatchNorm(keras.layers.Layer):  # type: ignore[misc]
    """Normalise over batch, height and width.

    It differs from the Keras 3 layer in two points: the moving variance is updated with the unbiased batch
    variance (n / (n - 1)), and each backend has a faster form of its own: TensorFlow's fused kernel, also for
    bfloat16 inputs, and in JAX one with fewer passes in training. Statistics, scale and offset are float32
    under every dtype policy.

    Args:
        settings: Momentum, epsilon, and whether there are scale and offset.
        frozen: Use the moving statistics in training too, without updating them; scale and offset stay
            trainable.
        name: The name of the layer.
        dtype: The dtype policy.
    """

    def __init__(self, settings: BatchNormSettings, *, frozen: bool, name: str, dtype: Any) -> None:
        super().__init__(name=name, dtype=dtype)
        self.settings = settings
        self.frozen = frozen
        self.gamma: Any = None
        self.beta: Any = None

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the variables `[channels]`."""
        shape = (input_shape[-1],)
        options = {"shape": shape, "dtype": "float32", "autocast": False}
        if self.settings.scale:
            self.gamma = self.add_weight(name="gamma", initializer="ones", **options)
        if self.settings.center:
            self.beta = self.add_weight(name="beta", initializer="zeros", **options)
        self.moving_mean = self.add_weight(name="moving_mean", initializer="zeros", trainable=False, **options)
        self.moving_variance = self.add_weight(
            name="moving_variance", initializer="ones", trainable=False, **options
        )

    def call(self, inputs: Any, training: bool | None = False) -> Any:  # noqa: FBT001, FBT002 - Keras' signature
        """Return the normalised inputs, in the dtype of the inputs."""
        use_batch = bool(training) and not self.frozen and self.trainable
        outputs, mean, variance = self._normalise(inputs, use_batch=use_batch)
        if use_batch:
            self._update(self.moving_mean, mean)
            self._update(self.moving_variance, variance)
        return outputs

    def compute_output_spec(self, inputs: Any, training: bool | None = False) -> Any:  # noqa: ARG002, FBT001, FBT002
        """Return the shape and dtype of the outputs: those of the inputs."""
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)

    def _normalise(self, inputs: Any, *, use_batch: bool) -> tuple[Any, Any, Any]:
        gamma = ops.ones_like(self.moving_mean) if self.gamma is None else ops.convert_to_tensor(self.gamma)
        beta = ops.zeros_like(self.moving_mean) if self.beta is None else ops.convert_to_tensor(self.beta)
        statistics = ops.convert_to_tensor(self.moving_mean), ops.convert_to_tensor(self.moving_variance)
        if keras.backend.backend() == "tensorflow":
            from sweepbox.detection.model.batch_norm_tensorflow import fused_batch_norm

            return fused_batch_norm(
                inputs, gamma, beta, *statistics, epsilon=self.settings.epsilon, training=use_batch
            )
        if keras.backend.backend() == "jax" and use_batch:
            from sweepbox.detection.model.batch_norm_jax import normalised

            outputs, mean, biased = normalised(inputs, gamma, beta, statistics[0], self.settings.epsilon)
            return outputs, mean, unbiased(biased, ops.size(inputs) // inputs.shape[-1])
        return batch_norm(inputs, gamma, beta, *statistics, epsilon=self.settings.epsilon, training=use_batch)

    def _update(self, moving: Any, value: Any) -> None:
        moving.assign(moving - (moving - value) * (1.0 - self.settings.momentum))


def batch_norm(
    inputs: Any, gamma: Any, beta: Any, mean: Any, variance: Any, *, epsilon: float, training: bool
) -> tuple[Any, Any, Any]:
    """Return (outputs, mean, variance) by the formula of the fused kernel, in `keras.ops`, for any backend.

    In training, the batch is normalised with its biased variance, and the returned variance, for the moving
    statistics, is the unbiased one. A batch with a single value has variance 0.
    """
    wide = ops.cast(inputs, "float32")
    biased = variance
    if training:
        mean, biased = ops.moments(wide, axes=(0, 1, 2))
        variance = unbiased(biased, ops.size(wide) // wide.shape[-1])
    factor = gamma * ops.rsqrt(biased + epsilon)
    return ops.cast((wide - mean) * factor + beta, inputs.dtype), mean, variance


def unbiased(variance: Any, count: Any) -> Any:
    """Return the unbiased variance of `count` values from the biased one; 0 for a single value."""
    wide = ops.cast(count, "float32")
    return variance * (wide / ops.maximum(wide - 1.0, 1.0))
