"""TensorFlow's fused batch-norm kernel."""

from typing import Any


def fused_batch_norm(
    inputs: Any, gamma: Any, beta: Any, mean: Any, variance: Any, *, epsilon: float, training: bool
) -> tuple[Any, Any, Any]:
    """Return (outputs, mean, variance) of `FusedBatchNormV3` on inputs `[batch, height, width, channels]`.

    Inputs may be bfloat16; everything of shape `[channels]` is float32. In training, the mean and the
    **unbiased** variance of the batch are returned; otherwise the given statistics are used and returned.
    """
    import tensorflow as tf

    result = tf.raw_ops.FusedBatchNormV3(
        x=inputs,
        scale=gamma,
        offset=beta,
        mean=mean,
        variance=variance,
        epsilon=epsilon,
        exponential_avg_factor=1.0,
        is_training=training,
    )
    return result.y, result.batch_mean, result.batch_variance
