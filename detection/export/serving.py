"""The exported model: computes detections in images of any size."""

from typing import Any

import keras

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.export.input_type import InputType
from sweepbox.detection.export.inputs import input_spec, network_input
from sweepbox.detection.export.resizing import resize_function
from sweepbox.detection.model.ssd import SsdDetector

__all__ = ["FIRST_CLASS_ID", "SIGNATURE", "InputType", "require_tensorflow", "serving_module"]

SIGNATURE = "serving_default"
FIRST_CLASS_ID = 1.0


def serving_module(
    detector: SsdDetector, resizer: pb.ImageResizer, input_type: InputType = InputType.IMAGE_TENSOR
) -> Any:
    """Return a `tf.Module` that maps one tensor (see `InputType`) to float32 tensors by name.

    The outputs are those of the Object Detection API's export:

    * `detection_boxes` `[batch, n, 4]`, relative to the image;
    * `detection_scores` `[batch, n]`;
    * `detection_classes` `[batch, n]`, 1-based; rows after `num_detections` are 1.0;
    * `num_detections` `[batch]`;
    * `raw_detection_boxes` `[batch, anchors, 4]` and `raw_detection_scores` `[batch, anchors, columns]`;
    * except with combined suppression, `detection_anchor_indices` `[batch, n]` and
      `detection_multiclass_scores` `[batch, n, columns]`.

    Args:
        detector: The detector.
        resizer: The image resizer of the config.
        input_type: The input type.

    Raises:
        ModelError: The Keras backend is not TensorFlow.
        ConfigError: The resizer is not supported.
    """
    require_tensorflow(keras.backend.backend())
    import tensorflow as tf

    resize = resize_function(resizer)

    def preprocess(images: Any) -> tuple[Any, Any]:
        # Normalised before resizing, so that padding with 0 is padding with the mean colour.
        return resize(detector.normalise(images))

    class ServingModule(tf.Module):  # type: ignore[misc]  # TensorFlow carries no types
        """Has the variables of the detector; see `serving_module`."""

        def __init__(self) -> None:
            super().__init__(name="detector")
            self.network_variables = [_plain(variable) for variable in detector.network.variables]
            self.settings = [_plain(variable) for variable in detector.values]

        @tf.function(input_signature=[input_spec(input_type)])  # type: ignore[untyped-decorator]
        def __call__(self, input_tensor: Any) -> dict[str, Any]:
            """Return the detections."""
            images, true_sizes = network_input(input_tensor, input_type, preprocess)
            images = tf.ensure_shape(images, [input_tensor.shape[0], *detector.input_size, 3])
            outputs = detector.postprocess(detector.network(images, training=False), true_sizes)
            outputs["detection_classes"] = outputs["detection_classes"] + FIRST_CLASS_ID
            return {name: tf.cast(value, tf.float32, name=name) for name, value in outputs.items()}

    return ServingModule()


def require_tensorflow(backend: str) -> None:
    """Raise ModelError if the Keras backend is not TensorFlow: its programs cannot be saved as a SavedModel."""
    if backend != "tensorflow":
        raise ModelError(
            f"a SavedModel cannot be written with KERAS_BACKEND={backend}; set KERAS_BACKEND=tensorflow"
        )


def _plain(variable: Any) -> Any:
    """Return the `tf.Variable` of a Keras variable, which `tf.Module` tracks and saves."""
    return variable.value
