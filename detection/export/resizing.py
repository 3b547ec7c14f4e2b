"""The image resizers in an exported program: TensorFlow's own kernels, whose sampling training reproduces."""

from collections.abc import Callable
from typing import Any

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.data.augment.resizer import Resizer, read_resizer


def resize_function(message: pb.ImageResizer) -> Callable[[Any], tuple[Any, Any]]:
    """Return a function of normalised images `[batch, height, width, 3]` of any size.

    It returns the network's input `[batch, *output_size, 3]` and the true size int32 `[2]`, height and width
    before padding. ConfigError for a resizer that is not supported.
    """
    resizer = read_resizer(message)

    def resize(images: Any) -> tuple[Any, Any]:
        import tensorflow as tf

        height, width = resizer.resized(tf.shape(images)[1:2], tf.shape(images)[2:3])
        size = tf.concat([height, width], axis=0)
        framed = _framed(_resampled(images, size, resizer.method), size, resizer)
        return tf.ensure_shape(framed, [None, *resizer.output_size, 3]), size

    return resize


def _resampled(images: Any, size: Any, method: int) -> Any:
    """Resize as TensorFlow 1 did: no half-pixel centres, no antialiasing (`tf.image.resize` differs)."""
    import tensorflow as tf

    if method == pb.AREA:
        return tf.raw_ops.ResizeArea(images=images, size=size, align_corners=False)
    kernels: dict[int, Any] = {
        pb.BILINEAR: tf.raw_ops.ResizeBilinear,
        pb.NEAREST_NEIGHBOR: tf.raw_ops.ResizeNearestNeighbor,
        pb.BICUBIC: tf.raw_ops.ResizeBicubic,
    }
    return kernels[method](images=images, size=size, align_corners=False, half_pixel_centers=False)


def _framed(images: Any, size: Any, resizer: Resizer) -> Any:
    """Pad at the bottom and right with the value of each channel."""
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
