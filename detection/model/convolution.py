"""The convolutions of the network."""

from typing import Any

import keras
from keras import ops

from sweepbox.detection.core.processor import has_only_avx2

MOST_IMAGE_CHANNELS = 4


class Convolution(keras.layers.Conv2D):  # type: ignore[misc]
    """The Keras convolution, computed in a faster way where there is one; the formula is the same.

    On TensorFlow without a GPU and without AVX-512, the gradient of the kernel is computed with matrix products
    in training, which are faster than the kernel of the library. On a GPU with JAX, a convolution with stride 2
    of an image is rearranged to one with more channels. In all other cases this is `keras.layers.Conv2D`.
    """

    def call(self, inputs: Any, training: bool | None = False) -> Any:  # noqa: FBT001, FBT002 - Keras' signature
        """Return the convolved inputs."""
        if training and self._has_wide_kernel and _matrix_products_are_faster():
            from sweepbox.detection.model.convolution_tensorflow import convolution

            return _with_bias(self, convolution(inputs, ops.convert_to_tensor(self.kernel)))
        if self._is_strided_on_image and _is_jax_on_gpu():
            from sweepbox.detection.model.convolution_jax import strided_convolution

            return _with_bias(self, strided_convolution(inputs, ops.convert_to_tensor(self.kernel)))
        return super().call(inputs)

    @property
    def _is_strided_on_image(self) -> bool:
        """Whether this is a 'valid' convolution with stride 2 and a wide kernel of inputs with few channels."""
        plain = self.padding == "valid" and tuple(self.dilation_rate) == (1, 1) and self.groups == 1
        few = self.kernel.shape[2] <= MOST_IMAGE_CHANNELS and min(self.kernel_size) > 1
        return plain and few and tuple(self.strides) == (2, 2)

    @property
    def _has_wide_kernel(self) -> bool:
        """Whether this is a float32 'same' convolution with stride 1 and an odd kernel larger than 1 × 1."""
        centred = all(size % 2 == 1 for size in self.kernel_size) and max(self.kernel_size) > 1
        plain = self.padding == "same" and tuple(self.strides) == tuple(self.dilation_rate) == (1, 1)
        return centred and plain and self.compute_dtype == "float32"


class DepthwiseConvolution(keras.layers.DepthwiseConv2D):  # type: ignore[misc]
    """The Keras depthwise convolution; on a GPU with JAX, computed as a sum of shifted products."""

    def call(self, inputs: Any) -> Any:
        """Return the convolved inputs."""
        if not _is_jax_on_gpu():
            return super().call(inputs)
        return _with_bias(self, _shifted_products(inputs, self.kernel, self.strides, self.padding))


class SeparableConvolution(keras.layers.SeparableConv2D):  # type: ignore[misc]
    """The Keras separable convolution; on a GPU with JAX, its depthwise part is a sum of shifted products."""

    def call(self, inputs: Any) -> Any:
        """Return the convolved inputs."""
        if not _is_jax_on_gpu():
            return super().call(inputs)
        maps = _shifted_products(inputs, self.depthwise_kernel, self.strides, self.padding)
        return _with_bias(self, ops.conv(maps, ops.convert_to_tensor(self.pointwise_kernel), padding="valid"))


def _with_bias(layer: Any, outputs: Any) -> Any:
    return outputs + ops.convert_to_tensor(layer.bias) if layer.use_bias else outputs


def _shifted_products(inputs: Any, kernel: Any, strides: tuple[int, int], padding: str) -> Any:
    from sweepbox.detection.model.depthwise_jax import depthwise_convolution

    return depthwise_convolution(inputs, ops.convert_to_tensor(kernel), strides[0], padding)


def _is_jax_on_gpu() -> bool:
    if keras.backend.backend() != "jax":
        return False
    import jax

    return str(jax.default_backend()) == "gpu"


def _matrix_products_are_faster() -> bool:
    """Return whether matrix products are the faster way to compute a kernel's gradient in this process."""
    if keras.backend.backend() != "tensorflow" or not has_only_avx2():
        return False
    import tensorflow as tf

    return not tf.config.get_visible_devices("GPU")
