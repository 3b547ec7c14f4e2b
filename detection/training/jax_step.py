"""The steps compiled by JAX.

Keras variables are state outside the program there: their values go in as arrays, new ones come out and are put
back. The values that a step replaces are donated, so that the device keeps them once.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import jax  # type: ignore[import-not-found, unused-ignore]
import keras
import numpy as np
from numpy.typing import NDArray

from detection.data.batches import Batch
from detection.training.step import (
    LOSS_NAMES,
    BatchArrays,
    EvaluatedBatch,
    LossSums,
    Program,
    accumulate,
    arrays_of,
    new_accumulator,
    read_accumulator,
)


class JaxStep:
    """Training and evaluation as one `jax.jit` function each; see `TrainStep`."""

    def __init__(self, program: Program) -> None:
        self.traces = 0
        self._program = program
        network = program.detector.network
        self._trainable = list(network.trainable_variables)
        self._changing = [*network.non_trainable_variables]
        self._constant = [
            *program.detector.values,
            *program.training_preprocessor.variables,
            *program.evaluation_preprocessor.variables,
        ]
        self._accumulator = new_accumulator()
        self._compiled_train = jax.jit(self._train, donate_argnums=0)
        self._compiled_evaluate = jax.jit(self._evaluate)

    def train(self, batch: Batch, step: int, scalars: NDArray[np.float32]) -> None:
        """Run one training step; see `TrainStep.train`."""
        groups = (self._trainable, self._changing, self._program.optimizer.slots, [self._accumulator])
        new_state = self._compiled_train(
            tuple(_values(group) for group in groups),
            _values(self._constant),
            arrays_of(batch),
            np.float32(step),
            scalars,
        )
        for group, values in zip(groups, new_state, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)

    def take_losses(self) -> LossSums:
        """Fetch the losses since the last call; see `TrainStep.take_losses`."""
        return read_accumulator(self._accumulator)

    def evaluate(self, batch: Batch, scalars: NDArray[np.float32]) -> EvaluatedBatch:
        """Predict one evaluation batch; see `TrainStep.evaluate`."""
        values = (_values(self._trainable), _values(self._changing), _values(self._constant))
        losses, detections = self._compiled_evaluate(values, arrays_of(batch), batch.indices >= 0, scalars)
        return EvaluatedBatch(
            losses={name: np.asarray(losses[name]) for name in LOSS_NAMES},
            detections={name: np.asarray(value) for name, value in detections.items()},
        )

    def _train(
        self, state: tuple[list[Any], ...], constants: list[Any], arrays: BatchArrays, step: Any, scalars: Any
    ) -> tuple[list[Any], ...]:
        """Forward, backward, update, as a pure function of all values."""
        self.traces += 1
        trainable, changing, slots, (accumulator,) = state

        def total_loss(weights: list[Any]) -> tuple[Any, tuple[dict[str, Any], list[Any]]]:
            with keras.StatelessScope(self._mapping(weights, changing, constants)) as scope:
                losses = self._program.training_losses(arrays, scalars)
            changed = [scope.get_current_value(variable) for variable in self._changing]
            return losses["total"], (losses, changed)

        gradients, (losses, changed) = jax.grad(total_loss, has_aux=True)(trainable)
        changes, new_slots = self._program.optimizer.step(gradients, slots, scalars, weights=trainable)
        weights = [weight + change for weight, change in zip(trainable, changes, strict=True)]
        return weights, changed, new_slots, [accumulate(accumulator, losses, step)]

    def _evaluate(
        self, values: tuple[list[Any], ...], arrays: BatchArrays, is_real: Any, scalars: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        self.traces += 1
        with keras.StatelessScope(self._mapping(*values)):
            return self._program.evaluation(arrays, is_real, scalars)

    def _mapping(
        self, trainable: Iterable[Any], changing: Iterable[Any], constants: Iterable[Any]
    ) -> list[tuple[Any, Any]]:
        """Return pairs of variable and value for every variable that a program reads."""
        groups = ((self._trainable, trainable), (self._changing, changing), (self._constant, constants))
        return [pair for variables, values in groups for pair in zip(variables, values, strict=True)]


def _values(variables: Sequence[Any]) -> list[Any]:
    return [variable.value for variable in variables]
