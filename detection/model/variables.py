"""The values of many Keras variables, read and set without Keras' and TensorFlow's work for each of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def read_variables(variables: Sequence[Any]) -> list[NDArray[Any]]:
    """Return copies of the values of Keras variables, in their order."""
    if not _are_tensorflows():
        return [np.array(variable.numpy()) for variable in variables]
    from sweepbox.detection.model.variables_tensorflow import read

    return [read(variable.value) for variable in variables]


def assign_variables(variables: Sequence[Any], values: Sequence[NDArray[Any]]) -> None:
    """Set Keras variables to copies of arrays; ValueError, before any is set, where a shape differs."""
    for variable, value in zip(variables, values, strict=True):
        if tuple(variable.shape) != value.shape:
            raise ValueError(f"{variable.path}: has shape {list(variable.shape)}, not {list(value.shape)}")
    # Copies: a backend may take an array's memory for its own, and change it in place.
    if not _are_tensorflows():
        for variable, value in zip(variables, values, strict=True):
            variable.assign(np.array(value))
        return
    from sweepbox.detection.model.variables_tensorflow import assign

    for variable, value in zip(variables, values, strict=True):
        assign(variable.value, value)


def _are_tensorflows() -> bool:
    """Tell whether Keras' variables are TensorFlow's."""
    import keras  # here: who checks a checkpoint's folder needs no engine

    return bool(keras.backend.backend() == "tensorflow")
