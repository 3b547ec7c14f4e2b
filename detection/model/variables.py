"""Reads and sets many Keras variables, without the overhead of Keras and TensorFlow for each of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def read_variables(variables: Sequence[Any]) -> list[NDArray[Any]]:
    """Return copies of the values of Keras variables, in the same order."""
    if not _is_tensorflow():
        return [np.array(variable.numpy()) for variable in variables]
    from sweepbox.detection.model.variables_tensorflow import read

    return [read(variable.value) for variable in variables]


def assign_variables(variables: Sequence[Any], values: Sequence[NDArray[Any]]) -> None:
    """Set Keras variables to copies of arrays.

    Raises:
        ValueError: The shape of an array differs; no variable was set.
    """
    for variable, value in zip(variables, values, strict=True):
        if tuple(variable.shape) != value.shape:
            raise ValueError(f"{variable.path}: has shape {list(variable.shape)}, not {list(value.shape)}")
    # Copies, because a backend may use the memory of the array itself and change it in place.
    if not _is_tensorflow():
        for variable, value in zip(variables, values, strict=True):
            variable.assign(np.array(value))
        return
    from sweepbox.detection.model.variables_tensorflow import assign

    for variable, value in zip(variables, values, strict=True):
        assign(variable.value, value)


def _is_tensorflow() -> bool:
    """Return whether TensorFlow is the Keras backend."""
    import keras  # here, because reading a checkpoint folder must not load Keras

    return bool(keras.backend.backend() == "tensorflow")
