"""A function of tensors compiled by the active Keras backend and called with arrays."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

Function = Callable[..., list[Any]]
Program = Callable[..., list[NDArray[Any]]]


def compiled(function: Function, variables: Sequence[Any] = ()) -> Program:
    """Return a program that computes `function` on arrays; it is compiled once for each shape of them.

    Args:
        function: Takes tensors and returns a list of tensors; it changes no variable.
        variables: The Keras variables that the function reads.
    """
    compile_ = _jax_program if keras.backend.backend() == "jax" else _tensorflow_program
    run = compile_(function, variables)
    return lambda *arrays: [np.asarray(value) for value in run(arrays)]


def _tensorflow_program(function: Function, _variables: Sequence[Any]) -> Callable[[Sequence[Any]], Any]:
    import tensorflow as tf

    program = tf.function(function, autograph=False)
    return lambda arrays: program(*map(tf.constant, arrays))


def _jax_program(function: Function, variables: Sequence[Any]) -> Callable[[Sequence[Any]], Any]:
    import jax

    def stateless(values: list[Any], arrays: Sequence[Any]) -> list[Any]:
        with keras.StatelessScope(list(zip(variables, values, strict=True))):
            return function(*arrays)

    program = jax.jit(stateless)
    return lambda arrays: program([variable.value for variable in variables], tuple(arrays))
