"""The exported program: from a picture of any size to its detections."""

from typing import Any

import keras

from detection.config import pipeline_pb2 as pb
from detection.core.errors import ConfigError, ModelError
from detection.model.ssd import SsdDetector

INPUT_NAME = "input_tensor"
SIGNATURE = "serving_default"
FIRST_CLASS_ID = 1.0


def serving_module(detector: SsdDetector, resizer: pb.ImageResizer) -> Any:
    """Return a `tf.Module` that is called with uint8 `[1, height, width, 3]` and returns a dict of float32.

    The outputs are those of the Object Detection API's export: `detection_boxes` `[1, n, 4]` relative to the
    whole picture; `detection_scores`, `detection_classes` (1-based; rows past `num_detections` have 1.0) and
    `detection_anchor_indices` `[1, n]`; `detection_multiclass_scores` `[1, n, columns]`; `num_detections`
    `[1]`; `raw_detection_boxes` `[1, anchors, 4]`; `raw_detection_scores` `[1, anchors, columns]`.

    ModelError where Keras does not run on TensorFlow; ConfigError for a resizer that is not supported.
    """
    require_tensorflow(keras.backend.backend())
    import tensorflow as tf

    resize = resize_function(resizer)
    input_spec = tf.TensorSpec([1, None, None, 3], tf.uint8, name=INPUT_NAME)

    class ServingModule(tf.Module):  # type: ignore[misc]  # TensorFlow carries no types
        """Owns the variables; see `serving_module`."""

        def __init__(self) -> None:
            super().__init__(name="detector")
            self.network_variables = [_plain(variable) for variable in detector.network.variables]
            self.settings = [_plain(variable) for variable in detector.values]

        @tf.function(input_signature=[input_spec])  # type: ignore[untyped-decorator]
        def __call__(self, input_tensor: Any) -> dict[str, Any]:
            """Return the detections of one picture."""
            # Normalised first, resized second: padding with 0 is padding with the mean colour.
            images, true_size = resize(detector.normalise(input_tensor))
            images = tf.ensure_shape(images, [1, *detector.input_size, 3])
            outputs = detector.postprocess(detector.network(images, training=False), true_size[tf.newaxis])
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


def resize_function(resizer: pb.ImageResizer) -> Any:
    """Return a function of normalised images `[1, h, w, 3]`: (network input, true size int32 `[2]`)."""
    kind = resizer.WhichOneof("image_resizer_oneof")
    if kind == "fixed_shape_resizer":
        return _fixed_shape(resizer.fixed_shape_resizer)
    if kind == "keep_aspect_ratio_resizer":
        return _keep_aspect_ratio(resizer.keep_aspect_ratio_resizer)
    raise ConfigError(
        f"model.ssd.image_resizer: {kind or 'nothing'} cannot be exported; use fixed_shape_resizer or "
        "keep_aspect_ratio_resizer"
    )


def _fixed_shape(settings: pb.FixedShapeResizer) -> Any:
    _check_method(settings.resize_method, "fixed_shape_resizer")

    def resize(images: Any) -> tuple[Any, Any]:
        import tensorflow as tf

        size = tf.constant([settings.height, settings.width])
        return _bilinear(images, size), size

    return resize


def _keep_aspect_ratio(settings: pb.KeepAspectRatioResizer) -> Any:
    _check_method(settings.resize_method, "keep_aspect_ratio_resizer")

    def resize(images: Any) -> tuple[Any, Any]:
        import tensorflow as tf

        size = scaled_size(tf.shape(images)[1:3], settings.min_dimension, settings.max_dimension)
        below, right = tf.unstack(settings.max_dimension - size)
        padding = tf.stack([[0, 0], [0, below], [0, right], [0, 0]])
        return _padded(_bilinear(images, size), padding, list(settings.per_channel_pad_value)), size

    return resize


def scaled_size(size: Any, min_dimension: int, max_dimension: int) -> Any:
    """Return int32 (height, width): as large as fits the frame of the two dimensions, lying or standing."""
    import tensorflow as tf

    shorter, longer = float(min_dimension), float(max_dimension)
    lying = size[0] < size[1]
    frame = tf.where(lying, [shorter, longer], [longer, shorter])
    sides = tf.cast(size, tf.float32)
    # A ribbon of a picture must keep at least one pixel of its shorter side.
    return tf.maximum(tf.cast(tf.round(sides * tf.reduce_min(frame / sides)), tf.int32), 1)


def _padded(images: Any, padding: Any, values: list[float]) -> Any:
    """Pad at the bottom and right with 0 or a value for each channel."""
    import tensorflow as tf

    padded = tf.pad(images, padding)
    if not any(values):
        return padded
    outside = tf.pad(tf.zeros_like(images[..., :1]), padding, constant_values=1.0)
    return padded + outside * tf.constant(values, tf.float32)


def _bilinear(images: Any, size: Any) -> Any:
    """Resize as TensorFlow 1 did: no half-pixel centres, no antialiasing (`tf.image.resize` differs)."""
    import tensorflow as tf

    return tf.raw_ops.ResizeBilinear(images=images, size=size, align_corners=False, half_pixel_centers=False)


def _check_method(method: int, resizer: str) -> None:
    if method != pb.BILINEAR:
        raise ConfigError(
            f"model.ssd.image_resizer.{resizer}.resize_method: {pb.ResizeType.Name(method)} cannot be "
            "exported; use BILINEAR"
        )
