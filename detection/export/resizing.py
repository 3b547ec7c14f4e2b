"""The image resizers of an exported model: TensorFlow kernels with the same sampling as in training."""

from collections.abc import Callable
from typing import Any

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.data.augment.resizer import Resizer, read_resizer


def resize_function(message: pb.ImageResizer) -> Callable[[Any], tuple[Any, Any]]:
    """Return a function that resizes normalised images `[batch, height, width, 3]` of any size.

    The function returns the network's input `[batch, *output_size, 3]` and the true size int32 `[2]`, height
    and width before padding.

    Raises:
        ConfigError: The resizer is not supported.
    """
    resizer = read_resizer(message)

    def resize(images: Any) -> tuple[Any, Any]:
        import tensorflow as tf

        height, width = resizer.resized(tf.shape(images)[1:2], tf.shape(images)[2:3])
        size = tf.concat([height, width], axis=0)
        padded = _padded(_resampled(images, size, resizer.method), size, resizer)
        return tf.ensure_shape(padded, [None, *resizer.output_size, 3]), size

    return resize


def _resampled(images: Any, size: Any, method: int) -> Any:
    """Resize as in TensorFlow 1: without half-pixel centres and antialiasing, unlike `tf.image.resize`."""
    import tensorflow as tf

    if method == pb.AREA:
        return tf.raw_ops.ResizeArea(images=images, size=size, align_corners=False)
    kernels: dict[int, Any] = {
        pb.BILINEAR: tf.raw_ops.ResizeBilinear,
        pb.NEAREST_NEIGHBOR: tf.raw_ops.ResizeNearestNeighbor,
        pb.BICUBIC: tf.raw_ops.ResizeBicubic,
    }
    return kernels[method](images=images, size=size, align_corners=False, half_pixel_centers=False)


def _padded(images: Any, size: Any, resizer: Resizer) -> Any:
    """Pad at the bottom and right with the padding value of each channel."""
    import tensorflow as tf

    if resizer.min_dimension is None:
        return images
    below, right = tf.unstack(tf.constant(resizer.output_size) - size)
    padding = tf.stack([[0, 0], [0, below], [0, right], [0, 0]])
    padded = tf.pad(images, padding)
    if not any(resizer.padding):
        return padded
    outside = tf.pad(tf.zeros_like(images[..., :1]), padding, constant_values=1.0)
    return padded + outside * tf.constant(resizer.padding, tf.float32)
