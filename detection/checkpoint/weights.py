"""The weights of a network as arrays by variable path."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.checkpoint.arrays import Arrays, load_arrays, save_arrays
from sweepbox.detection.core.errors import TrainingError
from sweepbox.detection.model.variables import assign_variables, read_variables


def weight_arrays(network: Any) -> Arrays:
    """Return copies of all weights of a Keras model by variable path, including batch-norm statistics."""
    values = read_variables(network.weights)
    return {weight.path: value for weight, value in zip(network.weights, values, strict=True)}


def weights_fingerprint(arrays: Mapping[str, NDArray[np.generic]]) -> str:
    """Return 16 hexadecimal digits that are equal for equal weights, whatever their order."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(arrays):
        array = np.ascontiguousarray(arrays[path])
        digest.update(f"{path} {array.dtype} {array.shape}\n".encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def assign_arrays(
    network: Any, arrays: Mapping[str, NDArray[np.generic]], *, source: str, partial: bool = False
) -> None:
    """Set the weights of a Keras model from arrays by variable path.

    Args:
        network: The Keras model.
        arrays: The values. Each must belong to a weight of the same shape.
        source: The name of the arrays in error messages.
        partial: Allow weights without an array; they keep their values.

    Raises:
        TrainingError: The arrays do not match the weights; no weight was changed. The message names the first
            mismatch.
    """
    weights = {weight.path: weight for weight in network.weights}
    unknown = [path for path in arrays if path not in weights]
    missing = [] if partial else [path for path in weights if path not in arrays]
    shapes = [path for path in arrays if path in weights and arrays[path].shape != tuple(weights[path].shape)]
    for problem, paths in (
        ("unknown to the model", unknown),
        ("missing", missing),
        ("of another shape", shapes),
    ):
        if paths:
            raise TrainingError(
                f"{source}: the weights do not match the model of this config: {len(paths)} {problem}, the "
                f"first {paths[0]!r}; use the pipeline.config that was saved with them"
            )
    assign_variables([weights[path] for path in arrays], list(arrays.values()))


def save_weights(network: Any, path: Path) -> None:
    """Write all weights of a Keras model to an `.npz` file."""
    save_arrays(weight_arrays(network), path)


def load_weights(network: Any, path: Path) -> None:
    """Set all weights of a Keras model from a file of `save_weights`.

    Raises:
        TrainingError: The file is missing or damaged, or does not match the model; no weight was changed.
    """
    assign_arrays(network, load_arrays(path), source=str(path))
