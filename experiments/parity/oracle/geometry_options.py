"""Shared by the geometric augmentation scripts: options from proto text, and images whose pixels encode coordinates."""

import compat  # noqa: F401
import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from object_detection.builders import preprocessor_builder
from object_detection.core import preprocessor
from object_detection.protos import preprocessor_pb2

FLAG = 1000.0
"""Value of the last channel of a coordinate image; padding in these scripts is black."""


def option(text, image, boxes):
    """A function without arguments that applies one option and returns image, boxes and classes (from 1) as arrays."""
    step = preprocessor_builder.build(text_format.Parse(text, preprocessor_pb2.PreprocessingStep()))
    functions = preprocessor.get_default_func_arg_map(include_label_weights=True)
    count = len(boxes)

    @tf.function
    def draw():
        tensors = {
            "image": tf.constant(image, tf.float32)[None],
            "groundtruth_boxes": tf.constant(np.reshape(boxes, (-1, 4)), tf.float32),
            "groundtruth_classes": tf.range(1, count + 1),
            "groundtruth_weights": tf.ones([count]),
        }
        out = preprocessor.preprocess(tensors, [step], func_arg_map=functions)
        return out["image"][0], out["groundtruth_boxes"], out["groundtruth_classes"]

    return lambda: [tensor.numpy() for tensor in draw()]


def coordinate_image(height, width):
    """float32 [height, width, 3]: row + 1, column + 1, FLAG."""
    rows, columns = np.mgrid[1 : height + 1, 1 : width + 1].astype(np.float32)
    return np.stack([rows, columns, np.full_like(rows, FLAG)], -1)


def placement_of(image):
    """The placement of a coordinate image in its frame, eight numbers.

    Height and width of the frame; top and left of the image in it; row and column (from 0) of the image's first and
    last visible pixel. The last six are -1 if no part of the image is visible.
    """
    seen = image[..., 2] > FLAG - 1
    if not seen.any():
        return [*image.shape[:2], *[-1.0] * 6]
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    first, last = image[rows[0], columns[0], :2] - 1, image[rows[-1], columns[-1], :2] - 1
    return [*image.shape[:2], rows[0], columns[0], *first, *last]
