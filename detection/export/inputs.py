"""The first part of an exported program: from what it is given to the network's input, for each input type."""

from collections.abc import Callable
from typing import Any

from sweepbox.detection.export.input_type import InputType

INPUT_NAME = "input_tensor"
ENCODED_FEATURE = "image/encoded"

Preprocess = Callable[[Any], tuple[Any, Any]]
"""From images `[batch, height, width, 3]` of one size to (network input, true size int32 `[2]`)."""


def input_spec(input_type: InputType) -> Any:
    """Return the `tf.TensorSpec` of an input type."""
    import tensorflow as tf

    if input_type is InputType.IMAGE_TENSOR:
        return tf.TensorSpec([1, None, None, 3], tf.uint8, name=INPUT_NAME)
    if input_type is InputType.FLOAT_IMAGE_TENSOR:
        return tf.TensorSpec([None, None, None, 3], tf.float32, name=INPUT_NAME)
    return tf.TensorSpec([None], tf.string, name=INPUT_NAME)


def prepared(input_tensor: Any, input_type: InputType, preprocess: Preprocess) -> tuple[Any, Any]:
    """Return (network input, true sizes int32 `[batch, 2]`) of what a model is given."""
    import tensorflow as tf

    if input_type in (InputType.IMAGE_TENSOR, InputType.FLOAT_IMAGE_TENSOR):
        images, size = preprocess(input_tensor)
        return images, tf.tile(size[tf.newaxis], [tf.shape(input_tensor)[0], 1])
    encoded = input_tensor if input_type is InputType.ENCODED_IMAGE_STRING_TENSOR else _encoded(input_tensor)

    def prepare_one(data: Any) -> tuple[Any, Any]:
        image, size = preprocess(decoded(data)[tf.newaxis])
        return image[0], size

    # Pictures of a batch may differ in size until they are resized.
    return tf.map_fn(prepare_one, encoded, fn_output_signature=(tf.float32, tf.int32))  # type: ignore[no-any-return]


def decoded(data: Any) -> Any:
    """Return uint8 `[height, width, 3]` of the bytes of one picture; of an animation it is the first frame."""
    import tensorflow as tf

    return tf.ensure_shape(tf.io.decode_image(data, channels=3, expand_animations=False), [None, None, 3])


def _encoded(examples: Any) -> Any:
    """Return the bytes of the pictures, string `[batch]`, of serialised Examples."""
    import tensorflow as tf

    feature = tf.io.FixedLenFeature((), tf.string)
    return tf.io.parse_example(examples, {ENCODED_FEATURE: feature})[ENCODED_FEATURE]
