"""The training and evaluation steps compiled by JAX.

A JAX program has no state: the values of the Keras variables are its arguments, and the new values that it
returns are assigned to them. The replaced values are donated, so that the device has only one copy of them.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import jax  # type: ignore[import-not-found, unused-ignore]
import keras
import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.timeline import Timeline
from sweepbox.detection.data.batches import Batch
from sweepbox.detection.training.phases import TRANSFER, Phase
from sweepbox.detection.training.step import (
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

_wait_for: Any = jax.block_until_ready


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
        self._compiled_gradients = jax.jit(self._gradients_alone, donate_argnums=1)
        self._compiled_update = jax.jit(self._update_alone, donate_argnums=(0, 1))
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
            _assign(group, values)

    def train_by_phases(
        self, batch: Batch, step: int, scalars: NDArray[np.float32], timeline: Timeline
    ) -> None:
        """Run one training step as two programs; see `TrainStep.train_by_phases`."""
        slots = self._program.optimizer.slots
        with timeline.span(TRANSFER):
            arrays = _wait_for(jax.device_put(arrays_of(batch)))
        with timeline.span(Phase.GRADIENTS):
            constants = _values(self._constant)
            gradients, losses, changed = _wait_for(
                self._compiled_gradients(
                    _values(self._trainable), _values(self._changing), constants, arrays, scalars
                )
            )
            _assign(self._changing, changed)
        with timeline.span(Phase.UPDATE):
            weights, new_slots, accumulator = _wait_for(
                self._compiled_update(
                    (_values(self._trainable), _values(slots), self._accumulator.value),
                    gradients,
                    losses,
                    np.float32(step),
                    scalars,
                )
            )
            _assign(self._trainable, weights)
            _assign(slots, new_slots)
            self._accumulator.assign(accumulator)

    def wait(self) -> None:
        """Wait for the results of the last step; see `TrainStep.wait`."""
        groups = (self._trainable, self._changing, self._program.optimizer.slots, [self._accumulator])
        _wait_for([_values(group) for group in groups])

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
        """Run forward pass, backward pass and update as a pure function of all values."""
        self.traces += 1
        trainable, changing, slots, (accumulator,) = state
        gradients, losses, changed = self._gradients(trainable, changing, constants, arrays, scalars)
        state = (trainable, slots, accumulator)
        weights, new_slots, accumulated = self._update(state, gradients, losses, step, scalars)
        return weights, changed, new_slots, [accumulated]

    def _gradients_alone(self, *values: Any) -> tuple[list[Any], dict[str, Any], list[Any]]:
        self.traces += 1
        return self._gradients(*values)

    def _update_alone(self, *values: Any) -> tuple[list[Any], list[Any], Any]:
        self.traces += 1
        return self._update(*values)

    def _gradients(
        self,
        trainable: list[Any],
        changing: list[Any],
        constants: list[Any],
        arrays: BatchArrays,
        scalars: Any,
    ) -> tuple[list[Any], dict[str, Any], list[Any]]:
        """Return gradients, losses and the new moving statistics."""

        def total_loss(weights: list[Any]) -> tuple[Any, tuple[dict[str, Any], list[Any]]]:
            with keras.StatelessScope(self._mapping(weights, changing, constants)) as scope:
                losses = self._program.training_losses(arrays, scalars)
            changed = [scope.get_current_value(variable) for variable in self._changing]
            return losses["total"], (losses, changed)

        gradients, (losses, changed) = jax.grad(total_loss, has_aux=True)(trainable)
        return gradients, losses, changed

    def _update(
        self,
        state: tuple[list[Any], list[Any], Any],
        gradients: list[Any],
        losses: dict[str, Any],
        step: Any,
        scalars: Any,
    ) -> tuple[list[Any], list[Any], Any]:
        """Return the new weights, slots and loss sums from the old ones in `state`."""
        trainable, slots, accumulator = state
        changes, new_slots = self._program.optimizer.step(gradients, slots, scalars, weights=trainable)
        weights = [weight + change for weight, change in zip(trainable, changes, strict=True)]
        return weights, new_slots, accumulate(accumulator, losses, step)

    def _evaluate(
        self, values: tuple[list[Any], ...], arrays: BatchArrays, is_real: Any, scalars: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        self.traces += 1
        with keras.StatelessScope(self._mapping(*values)):
            return self._program.evaluation(arrays, is_real, scalars)

    def _mapping(
        self, trainable: Iterable[Any], changing: Iterable[Any], constants: Iterable[Any]
    ) -> list[tuple[Any, Any]]:
        """Return (variable, value) pairs of all variables that a program reads."""
        groups = ((self._trainable, trainable), (self._changing, changing), (self._constant, constants))
        return [pair for variables, values in groups for pair in zip(variables, values, strict=True)]


def _values(variables: Sequence[Any]) -> list[Any]:
    return [variable.value for variable in variables]


def _assign(variables: Sequence[Any], values: Sequence[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
