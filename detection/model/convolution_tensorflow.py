"""A convolution in TensorFlow that computes the gradient of its kernel with matrix products.

On processors without AVX-512, oneDNN takes three times as long for this gradient as for the forward pass;
matrix products are faster (experiments/benchmarks/convolution_gradients.py).
"""

from typing import Any


def convolution(inputs: Any, kernel: Any) -> Any:
    """Return the convolution with stride 1 and padding `same` of inputs `[batch, height, width, channels]`.

    Everything is float32; `kernel` is `[rows, columns, channels, filters]` with odd rows and columns.
    """
    import tensorflow as tf

    @tf.custom_gradient  # type: ignore[untyped-decorator, unused-ignore]
    def convolve(inputs: Any, kernel: Any) -> tuple[Any, Any]:
        def gradient(upstream: Any) -> tuple[Any, Any]:
            to_inputs = tf.raw_ops.Conv2DBackpropInput(
                input_sizes=tf.shape(inputs),
                filter=kernel,
                out_backprop=upstream,
                strides=[1, 1, 1, 1],
                padding="SAME",
            )
            return to_inputs, kernel_gradient(inputs, upstream, kernel.shape)

        return tf.nn.conv2d(inputs, kernel, 1, "SAME"), gradient

    return convolve(inputs, tf.convert_to_tensor(kernel))  # custom_gradient would handle a variable itself


def kernel_gradient(inputs: Any, upstream: Any, kernel_shape: Any) -> Any:
    """Return the gradient of a kernel: for each position in it, the product of shifted inputs and `upstream`.

    Shapes are those of `convolution`; all dimensions except the batch must be static.
    """
    import tensorflow as tf

    rows, columns, channels, filters = kernel_shape
    height, width = inputs.shape[1:3]
    above, left = rows // 2, columns // 2
    padded = tf.pad(inputs, [[0, 0], [above, above], [left, left], [0, 0]])
    flat = tf.reshape(upstream, [-1, filters])
    products: list[Any] = []
    for position in range(rows * columns):
        row, column = divmod(position, columns)
        with tf.control_dependencies(products[-1:]):  # one shifted copy of the inputs at a time
            shifted = padded[:, row : row + height, column : column + width]
            products.append(tf.matmul(tf.reshape(shifted, [-1, channels]), flat, transpose_a=True))
    return tf.reshape(tf.stack(products), [rows, columns, channels, filters])
