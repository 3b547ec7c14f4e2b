"""The input of an exported model, and the conversion of an image to it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.errors import ModelError

ENCODED_FEATURE = "image/encoded"
PROBE = np.zeros((8, 8, 3), np.uint8)
"""A test image that determines whether a model with string input expects encoded images or Examples."""

Packing = Callable[[NDArray[np.uint8]], Any]
"""Converts an image, RGB `[height, width, 3]`, to a batch with one image."""


@dataclass(frozen=True)
class ModelInput:
    """The input of a model: its name, and the conversion of an image to it."""

    name: str
    pack: Packing


def model_input(signature: Any, folder: Path) -> ModelInput:
    """Return the input of a detector's signature.

    The four input types of the Object Detection API's exporter are supported. Images are converted without
    loss, so that all types give the same detections.

    Args:
        signature: The signature.
        folder: The folder of the model, for error messages.

    Raises:
        ModelError: The model has another input, or string input that is neither an image nor an Example.
    """
    import tensorflow as tf

    inputs = signature.structured_input_signature[1]
    if len(inputs) == 1:
        [(name, spec)] = inputs.items()
        one_image = spec.shape.is_compatible_with([1, None, None, 3])
        if spec.dtype == tf.uint8 and one_image:
            return ModelInput(name, _as_integers)
        if spec.dtype == tf.float32 and one_image:
            return ModelInput(name, _as_floats)
        if spec.dtype == tf.string and spec.shape.is_compatible_with([1]):
            return ModelInput(name, _packing_of_bytes(signature, name, folder))
    found = ", ".join(f"{name}: {spec.dtype.name} {spec.shape}" for name, spec in inputs.items())
    raise ModelError(
        f"{folder}: the input of the model is ({found}), expected one image, its bytes or an Example; export "
        "it with input type image_tensor"
    )


def _packing_of_bytes(signature: Any, name: str, folder: Path) -> Packing:
    """Return the conversion for string input; the signature does not say whether it is images or Examples."""
    import tensorflow as tf

    # Examples first: the error message of a model of Examples quotes its input, which fails for image bytes.
    for pack in (_as_example, _as_png):
        try:
            signature(**{name: pack(PROBE)})
        except (tf.errors.OpError, UnicodeDecodeError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        else:
            return pack
    raise ModelError(
        f"{folder}: the model has string input, but neither image bytes nor a serialised Example with "
        f"{ENCODED_FEATURE} ({reason}); export it with input type image_tensor"
    )


def _as_integers(pixels: NDArray[np.uint8]) -> Any:
    import tensorflow as tf

    return tf.constant(pixels[np.newaxis])


def _as_floats(pixels: NDArray[np.uint8]) -> Any:
    import tensorflow as tf

    return tf.constant(pixels[np.newaxis], tf.float32)


def _as_png(pixels: NDArray[np.uint8]) -> Any:
    import tensorflow as tf

    return tf.io.encode_png(pixels, compression=1)[tf.newaxis]


def _as_example(pixels: NDArray[np.uint8]) -> Any:
    import tensorflow as tf

    value = tf.train.Feature(bytes_list=tf.train.BytesList(value=[_as_png(pixels)[0].numpy()]))
    example = tf.train.Example(features=tf.train.Features(feature={ENCODED_FEATURE: value}))
    return tf.constant([example.SerializeToString()])
