"""A convolution whose kernel's gradient is computed by matrix products, on TensorFlow.

oneDNN's own kernel for that gradient takes three times as long as the forward pass on processors without
AVX-512; matrix products do not (experiments/benchmarks/convolution_gradients.py).
"""

from typing import Any


def convolution(inputs: Any, kernel: Any) -> Any:
    """Return the convolution with stride 1 and padding `same` of inputs `[batch, height, width, channels]`.

    All is float32; `kernel` is `[rows, columns, channels, filters]` with odd rows and columns.
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

    return convolve(inputs, tf.convert_to_tensor(kernel))  # a variable would be taken for one of its own


def kernel_gradient(inputs: Any, upstream: Any, kernel_shape: Any) -> Any:
    """Return the gradient of a kernel of the given shape: for each of its places a product of shifted inputs.

    Shapes are those of `convolution`; all but the batch must be known.
    """
    import tensorflow as tf

    rows, columns, channels, filters = kernel_shape
    height, width = inputs.shape[1:3]
    above, left = rows // 2, columns // 2
    padded = tf.pad(inputs, [[0, 0], [above, above], [left, left], [0, 0]])
    flat = tf.reshape(upstream, [-1, filters])
    products: list[Any] = []
    for place in range(rows * columns):
        row, column = divmod(place, columns)
        with tf.control_dependencies(products[-1:]):  # one shifted copy of the inputs at a time
            shifted = padded[:, row : row + height, column : column + width]
            products.append(tf.matmul(tf.reshape(shifted, [-1, channels]), flat, transpose_a=True))
    return tf.reshape(tf.stack(products), [rows, columns, channels, filters])
