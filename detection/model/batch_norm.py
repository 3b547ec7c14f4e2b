"""Batch normalisation with the statistics that the original training engine keeps."""

from typing import Any

import keras
from keras import ops

from sweepbox.detection.model.hyperparameters import BatchNormSettings


class BatchNorm(keras.layers.Layer):  # type: ignore[misc]
    """Normalise over batch, height and width.

    Differs from Keras 3's layer in two points: the moving variance follows the unbiased batch variance (n / (n
    - 1)), and on the TensorFlow backend the fused kernel computes it, also for bfloat16 inputs. Statistics,
    scale and offset are float32 under every policy. `frozen` makes training use the moving statistics and leave
    them as they are; scale and offset stay trainable.
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
        """Return the normalised inputs, in their own dtype."""
        use_batch = bool(training) and not self.frozen and self.trainable
        outputs, mean, variance = self._normalise(inputs, use_batch=use_batch)
        if use_batch:
            self._move(self.moving_mean, mean)
            self._move(self.moving_variance, variance)
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
        return batch_norm(inputs, gamma, beta, *statistics, epsilon=self.settings.epsilon, training=use_batch)

    def _move(self, moving: Any, value: Any) -> None:
        moving.assign(moving - (moving - value) * (1.0 - self.settings.momentum))


def batch_norm(
    inputs: Any, gamma: Any, beta: Any, mean: Any, variance: Any, *, epsilon: float, training: bool
) -> tuple[Any, Any, Any]:
    """Return (outputs, mean, variance): the formula of the fused kernel in `keras.ops`, for any backend.

    The batch is normalised by its biased variance; the variance that comes back for the moving statistics is
    the unbiased one. A batch of a single value has variance 0.
    """
    wide = ops.cast(inputs, "float32")
    biased = variance
    if training:
        mean, biased = ops.moments(wide, axes=(0, 1, 2))
        count = ops.cast(ops.size(wide), "float32") / wide.shape[-1]
        variance = biased * (count / ops.maximum(count - 1.0, 1.0))
    factor = gamma * ops.rsqrt(biased + epsilon)
    return ops.cast((wide - mean) * factor + beta, inputs.dtype), mean, variance
