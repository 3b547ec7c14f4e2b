"""The first part of an exported model: converts its input to the input of the network."""

from collections.abc import Callable
from typing import Any

from sweepbox.detection.export.input_type import InputType

INPUT_NAME = "input_tensor"
ENCODED_FEATURE = "image/encoded"

Preprocess = Callable[[Any], tuple[Any, Any]]
"""Converts images `[batch, height, width, 3]` to (network input, true size int32 `[2]`)."""


def input_spec(input_type: InputType) -> Any:
    """Return the `tf.TensorSpec` of an input type."""
    import tensorflow as tf

    if input_type is InputType.IMAGE_TENSOR:
        return tf.TensorSpec([1, None, None, 3], tf.uint8, name=INPUT_NAME)
    if input_type is InputType.FLOAT_IMAGE_TENSOR:
        return tf.TensorSpec([None, None, None, 3], tf.float32, name=INPUT_NAME)
    return tf.TensorSpec([None], tf.string, name=INPUT_NAME)


def network_input(input_tensor: Any, input_type: InputType, preprocess: Preprocess) -> tuple[Any, Any]:
    """Return (network input, true sizes int32 `[batch, 2]`) for the input of a model.

    A true size is height and width after resizing and before padding.
    """
    import tensorflow as tf

    if input_type in (InputType.IMAGE_TENSOR, InputType.FLOAT_IMAGE_TENSOR):
        images, size = preprocess(input_tensor)
        return images, tf.tile(size[tf.newaxis], [tf.shape(input_tensor)[0], 1])
    encoded = input_tensor if input_type is InputType.ENCODED_IMAGE_STRING_TENSOR else _encoded(input_tensor)

    def preprocess_one(data: Any) -> tuple[Any, Any]:
        image, size = preprocess(decode_image(data)[tf.newaxis])
        return image[0], size

    # One image at a time, because their sizes may differ before resizing.
    return tf.map_fn(preprocess_one, encoded, fn_output_signature=(tf.float32, tf.int32))  # type: ignore[no-any-return]


def decode_image(data: Any) -> Any:
    """Decode the bytes of an image to uint8 `[height, width, 3]`; of an animation, the first frame."""
    import tensorflow as tf

    return tf.ensure_shape(tf.io.decode_image(data, channels=3, expand_animations=False), [None, None, 3])


def _encoded(examples: Any) -> Any:
    """Return the encoded images, string `[batch]`, of serialised Examples."""
    import tensorflow as tf

    feature = tf.io.FixedLenFeature((), tf.string)
    return tf.io.parse_example(examples, {ENCODED_FEATURE: feature})[ENCODED_FEATURE]
