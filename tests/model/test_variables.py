"""Reading and setting many variables."""

import keras
import numpy as np
import pytest

from sweepbox.detection.model.variables import assign_variables, read_variables


def _variables() -> list[keras.Variable]:
    return [
        keras.Variable(np.zeros((2, 3), np.float32), name="kernel"),
        keras.Variable(np.zeros((), np.float32), name="scale"),
        keras.Variable(np.zeros(2, np.int32), dtype="int32", trainable=False, name="state"),
    ]


def test_assigned_values_are_read_back() -> None:
    variables = _variables()
    values = [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.float32(7.0).reshape(()),
        np.array([3, 4], np.int32),
    ]
    assign_variables(variables, values)
    for variable, value, read in zip(variables, values, read_variables(variables), strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
        np.testing.assert_array_equal(read, value)
        assert read.dtype == value.dtype


def test_values_are_cast_to_the_dtype_of_the_variable() -> None:
    variables = _variables()[:1]
    assign_variables(variables, [np.full((2, 3), 0.1)])
    (read,) = read_variables(variables)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, np.full((2, 3), 0.1, np.float32))


def test_arrays_and_variables_share_no_memory() -> None:
    variables, value = _variables()[:1], np.ones((2, 3), np.float32)
    assign_variables(variables, [value])
    value[:] = 5.0
    (read,) = read_variables(variables)
    read[:] = 6.0
    variables[0].assign_add(np.ones((2, 3), np.float32))
    np.testing.assert_array_equal(variables[0].numpy(), np.full((2, 3), 2.0, np.float32))
    np.testing.assert_array_equal(read, np.full((2, 3), 6.0, np.float32))
    np.testing.assert_array_equal(value, np.full((2, 3), 5.0, np.float32))


def test_a_wrong_shape_is_refused_and_nothing_is_set() -> None:
    variables = _variables()[:2]
    with pytest.raises(ValueError, match=r"scale: has shape \[\], not \[1\]"):
        assign_variables(variables, [np.ones((2, 3), np.float32), np.ones(1, np.float32)])
    np.testing.assert_array_equal(variables[0].numpy(), np.zeros((2, 3), np.float32))
