"""The exported program: from pictures of any size to their detections."""

from typing import Any

import keras

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.export.input_type import InputType
from sweepbox.detection.export.inputs import input_spec, prepared
from sweepbox.detection.export.resizing import resize_function
from sweepbox.detection.model.ssd import SsdDetector

__all__ = ["FIRST_CLASS_ID", "SIGNATURE", "InputType", "require_tensorflow", "serving_module"]

SIGNATURE = "serving_default"
FIRST_CLASS_ID = 1.0


def serving_module(
    detector: SsdDetector, resizer: pb.ImageResizer, input_type: InputType = InputType.IMAGE_TENSOR
) -> Any:
    """Return a `tf.Module` that is called with one tensor, see `InputType`, and returns a dict of float32.

    The outputs are those of the Object Detection API's export: `detection_boxes` `[batch, n, 4]` relative to
    the whole picture; `detection_scores`, `detection_classes` (1-based; rows past `num_detections` have 1.0)
    and `detection_anchor_indices` `[batch, n]`; `detection_multiclass_scores` `[batch, n, columns]`;
    `num_detections` `[batch]`; `raw_detection_boxes` `[batch, anchors, 4]`; `raw_detection_scores`
    `[batch, anchors, columns]`. Combined suppression gives no anchor indices and no multiclass scores.

    ModelError where Keras does not run on TensorFlow; ConfigError for a resizer that is not supported.
    """
    require_tensorflow(keras.backend.backend())
    import tensorflow as tf

    resize = resize_function(resizer)

    def preprocess(images: Any) -> tuple[Any, Any]:
        # Normalised first, resized second: padding with 0 is padding with the mean colour.
        return resize(detector.normalise(images))

    class ServingModule(tf.Module):  # type: ignore[misc]  # TensorFlow carries no types
        """Owns the variables; see `serving_module`."""

        def __init__(self) -> None:
            super().__init__(name="detector")
            self.network_variables = [_plain(variable) for variable in detector.network.variables]
            self.settings = [_plain(variable) for variable in detector.values]

        @tf.function(input_signature=[input_spec(input_type)])  # type: ignore[untyped-decorator]
        def __call__(self, input_tensor: Any) -> dict[str, Any]:
            """Return the detections of the pictures."""
            images, true_sizes = prepared(input_tensor, input_type, preprocess)
            images = tf.ensure_shape(images, [input_tensor.shape[0], *detector.input_size, 3])
            outputs = detector.postprocess(detector.network(images, training=False), true_sizes)
            outputs["detection_classes"] = outputs["detection_classes"] + FIRST_CLASS_ID
            return {name: tf.cast(value, tf.float32, name=name) for name, value in outputs.items()}

    return ServingModule()


def require_tensorflow(backend: str) -> None:
    """Raise ModelError where Keras runs on another backend: its programs cannot become a SavedModel."""
    if backend != "tensorflow":
        raise ModelError(
            f"a SavedModel cannot be made with KERAS_BACKEND={backend}; set KERAS_BACKEND=tensorflow"
        )


def _plain(variable: Any) -> Any:
    """Return the `tf.Variable` inside a Keras variable, which is what `tf.Module` tracks and saves."""
    return variable.value
