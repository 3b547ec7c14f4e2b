"""Checkpoints of the TensorFlow Object Detection API, read by their keys."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detection.checkpoint.keys import checkpoint_keys
from detection.config import pipeline_pb2 as pb
from detection.core.errors import ModelError

SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"


def read_object_based(prefix: Path, keys: Iterable[str]) -> dict[str, NDArray[np.float32]]:
    """Return the values of keys (without suffix) in the checkpoint `prefix` (its path without `.index`).

    ModelError where the checkpoint is not there or lacks a key.
    """
    import tensorflow as tf

    if not prefix.with_name(f"{prefix.name}.index").is_file():
        raise ModelError(
            f"{prefix}: there is no checkpoint; give the path of its .index file without that ending"
        )
    reader = tf.train.load_checkpoint(str(prefix))
    missing = [key for key in keys if not reader.has_tensor(key + SUFFIX)]
    if missing:
        raise ModelError(
            f"{prefix}: {len(missing)} variables are missing, among them {missing[0]}; it does not fit"
        )
    return {key: np.asarray(reader.get_tensor(key + SUFFIX)) for key in keys}


def load_object_based(network: Any, prefix: Path, ssd: pb.Ssd) -> None:
    """Give all weights of a detector's network the values of an object-based checkpoint.

    ModelError where the checkpoint lacks a variable or a shape differs; then nothing was changed.
    """
    variables = {variable.path: variable for variable in network.weights}
    keys = checkpoint_keys(variables, ssd)
    values = read_object_based(prefix, keys.values())
    for path, variable in variables.items():
        shape = values[keys[path]].shape
        if shape != tuple(variable.shape):
            raise ModelError(f"{prefix}: {keys[path]} has shape {list(shape)}, expected {list(variable.shape)}")
    for path, variable in variables.items():
        variable.assign(values[keys[path]])
