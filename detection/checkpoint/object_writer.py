"""Writes the weights of a detector as an object-based checkpoint of the Object Detection API."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from sweepbox.detection.checkpoint.keys import checkpoint_keys
from sweepbox.detection.checkpoint.object_graph import Node, object_graph
from sweepbox.detection.checkpoint.weights import weight_arrays
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.extractors import feature_levels
from sweepbox.detection.core.files import PlainPath

CHECKPOINT_NUMBER = 0


def write_object_based(network: Any, backbone: Any, ssd: pb.Ssd, directory: Path) -> Path:
    """Write `ckpt-0` and the `checkpoint` file that names it into a folder.

    All variables are written as float32. The root of the object graph has `model` and `save_counter`. The
    files are not written atomically.

    Args:
        network: The complete Keras model of the detector.
        backbone: The Keras model of its backbone.
        ssd: The `model.ssd` message of the detector.
        directory: The folder.

    Returns:
        The path of the checkpoint without `.index`.
    """
    arrays = weight_arrays(network)
    keys = checkpoint_keys(arrays, ssd)
    root = object_graph(
        {keys[path]: np.asarray(array, np.float32) for path, array in arrays.items()},
        backbone_keys=[_key_of(layer, keys) for layer in backbone.layers],
        num_levels=len(feature_levels(ssd.feature_extractor)),
    )
    return save_graph(root, directory)


def save_graph(root: Node, directory: Path) -> Path:
    """Write the checkpoint of an object graph; see `write_object_based`."""
    import tensorflow as tf

    plain = PlainPath(directory)
    with tf.device("/CPU:0"), closing(plain):
        created: dict[int, Any] = {}
        checkpoint = tf.train.Checkpoint(**{name: _trackable(child, created) for name, child in root.items()})
        manager = tf.train.CheckpointManager(checkpoint, str(plain.path), max_to_keep=None)
        return directory / Path(manager.save(checkpoint_number=CHECKPOINT_NUMBER)).name


def _key_of(layer: Any, keys: Mapping[str, str]) -> str | None:
    """Return the key of a layer, or None if it has no variables."""
    return keys[layer.weights[0].path].rpartition("/")[0] if layer.weights else None


def _trackable(node: Node, created: dict[int, Any]) -> Any:
    """Return a node as an object that TensorFlow tracks; a node that occurs twice becomes one object.

    Children are set in the order of the node: of several paths of equal length to a variable, the first one
    becomes its key.
    """
    import tensorflow as tf

    if id(node) not in created:
        created[id(node)] = module = tf.Module()
        for name, child in node.items():
            is_node = isinstance(child, dict)
            value = _trackable(child, created) if is_node else tf.Variable(child, trainable=False)
            setattr(module, name, value)
    return created[id(node)]
