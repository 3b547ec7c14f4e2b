"""A detector's weights written as the Object Detection API writes them: an object-based checkpoint."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sweepbox.detection.checkpoint.keys import checkpoint_keys
from sweepbox.detection.checkpoint.object_graph import Node, object_graph
from sweepbox.detection.checkpoint.weights import weight_arrays
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.extractors import feature_levels

CHECKPOINT_NUMBER = 0


def write_object_based(network: Any, backbone: Any, ssd: pb.Ssd, directory: Path) -> Path:
    """Write `ckpt-0` and the `checkpoint` file that names it into a folder; return its path without `.index`.

    `network` is a detector's whole Keras model, `backbone` the part of it; all variables are written as
    float32. The root of the object graph holds `model` and `save_counter`. The folder is not filled atomically.
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
    """Write the checkpoint of any object graph as `write_object_based` writes a detector's."""
    import tensorflow as tf

    with tf.device("/CPU:0"):
        made: dict[int, Any] = {}
        checkpoint = tf.train.Checkpoint(**{name: _trackable(child, made) for name, child in root.items()})
        manager = tf.train.CheckpointManager(checkpoint, str(directory), max_to_keep=None)
        return Path(manager.save(checkpoint_number=CHECKPOINT_NUMBER))


def _key_of(layer: Any, keys: Mapping[str, str]) -> str | None:
    """Return the key of a layer, None where it has no variables."""
    return keys[layer.weights[0].path].rpartition("/")[0] if layer.weights else None


def _trackable(node: Node, made: dict[int, Any]) -> Any:
    """Return a node as an object that TensorFlow tracks; a node that occurs twice becomes one object.

    Children are set in the order of the node: of the several paths of equal length that lead to a variable, the
    first one becomes its key.
    """
    import tensorflow as tf

    if id(node) not in made:
        made[id(node)] = module = tf.Module()
        for name, child in node.items():
            is_node = isinstance(child, dict)
            setattr(module, name, _trackable(child, made) if is_node else tf.Variable(child, trainable=False))
    return made[id(node)]
