"""The standard convolution of the network."""

from typing import Any

import keras
from keras import ops

from sweepbox.detection.core.processor import has_only_avx2


class Convolution(keras.layers.Conv2D):  # type: ignore[misc]
    """The Keras convolution with a faster gradient of its kernel on some processors.

    On TensorFlow without a GPU and without AVX-512, the gradient is computed with matrix products in training,
    which are faster than the kernel of the library; the formula is the same. In all other cases, and in
    inference, this is `keras.layers.Conv2D`.
    """

    def call(self, inputs: Any, training: bool | None = False) -> Any:  # noqa: FBT001, FBT002 - Keras' signature
        """Return the convolved inputs."""
        if not (training and self._has_wide_kernel and _matrix_products_are_faster()):
            return super().call(inputs)
        from sweepbox.detection.model.convolution_tensorflow import convolution

        outputs = convolution(inputs, ops.convert_to_tensor(self.kernel))
        return outputs + ops.convert_to_tensor(self.bias) if self.use_bias else outputs

    @property
    def _has_wide_kernel(self) -> bool:
        """Whether this is a float32 'same' convolution with stride 1 and an odd kernel larger than 1 × 1."""
        centred = all(size % 2 == 1 for size in self.kernel_size) and max(self.kernel_size) > 1
        plain = self.padding == "same" and tuple(self.strides) == tuple(self.dilation_rate) == (1, 1)
        return centred and plain and self.compute_dtype == "float32"


def _matrix_products_are_faster() -> bool:
    """Return whether matrix products are the faster way to compute a kernel's gradient in this process."""
    if keras.backend.backend() != "tensorflow" or not has_only_avx2():
        return False
    import tensorflow as tf

    return not tf.config.get_visible_devices("GPU")
