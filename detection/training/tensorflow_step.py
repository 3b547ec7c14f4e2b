"""The training and evaluation steps compiled as TensorFlow functions."""

from typing import Any

import numpy as np
import tensorflow as tf
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


class TensorFlowStep:
    """Training and evaluation as one `tf.function` each; see `TrainStep`."""

    def __init__(self, program: Program) -> None:
        self.traces = 0
        self._program = program
        self._weights = [variable.value for variable in program.detector.network.trainable_variables]
        self._accumulator = new_accumulator()
        self._compiled_train = tf.function(self._train, autograph=False)
        self._compiled_gradients = tf.function(self._gradients_alone, autograph=False)
        self._compiled_update = tf.function(self._update_alone, autograph=False)
        self._compiled_evaluate = tf.function(self._evaluate, autograph=False)

    def train(self, batch: Batch, step: int, scalars: NDArray[np.float32]) -> None:
        """Run one training step; see `TrainStep.train`."""
        self._compiled_train(_tensors(arrays_of(batch)), tf.constant(step, tf.float32), tf.constant(scalars))

    def train_by_phases(
        self, batch: Batch, step: int, scalars: NDArray[np.float32], timeline: Timeline
    ) -> None:
        """Run one training step as two programs; see `TrainStep.train_by_phases`."""
        with timeline.span(TRANSFER):
            arrays, values = _tensors(arrays_of(batch)), tf.constant(scalars)
            self.wait()
        with timeline.span(Phase.GRADIENTS):
            losses, gradients = self._compiled_gradients(arrays, values)
            self.wait()
        with timeline.span(Phase.UPDATE):
            self._compiled_update(losses, gradients, tf.constant(step, tf.float32), values)
            self.wait()

    def wait(self) -> None:
        """Wait for all devices; see `TrainStep.wait`."""
        tf.test.experimental.sync_devices()

    def take_losses(self) -> LossSums:
        """Fetch the losses since the last call; see `TrainStep.take_losses`."""
        return read_accumulator(self._accumulator)

    def evaluate(self, batch: Batch, scalars: NDArray[np.float32]) -> EvaluatedBatch:
        """Predict one evaluation batch; see `TrainStep.evaluate`."""
        is_real = tf.constant(batch.indices >= 0)
        losses, detections = self._compiled_evaluate(_tensors(arrays_of(batch)), is_real, tf.constant(scalars))
        return EvaluatedBatch(
            losses={name: np.asarray(losses[name]) for name in LOSS_NAMES},
            detections={name: value.numpy() for name, value in detections.items()},
        )

    def _train(self, arrays: BatchArrays, step: Any, scalars: Any) -> None:
        """Run forward pass, backward pass and update in one graph."""
        self.traces += 1
        losses, gradients = self._gradients(arrays, scalars)
        self._update(losses, gradients, step, scalars)

    def _gradients_alone(self, arrays: BatchArrays, scalars: Any) -> tuple[dict[str, Any], list[Any]]:
        self.traces += 1
        return self._gradients(arrays, scalars)

    def _update_alone(self, losses: dict[str, Any], gradients: list[Any], step: Any, scalars: Any) -> None:
        self.traces += 1
        self._update(losses, gradients, step, scalars)

    def _gradients(self, arrays: BatchArrays, scalars: Any) -> tuple[dict[str, Any], list[Any]]:
        """Return losses and gradients, and update the moving statistics."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(self._weights)
            losses = self._program.training_losses(arrays, scalars)
        gradients = tape.gradient(
            losses["total"], self._weights, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        return losses, gradients

    def _update(self, losses: dict[str, Any], gradients: list[Any], step: Any, scalars: Any) -> None:
        """Update weights and slots, and accumulate the losses."""
        slots = self._program.optimizer.slots
        changes, new_slots = self._program.optimizer.step(
            gradients, [slot.value for slot in slots], scalars, weights=self._weights
        )
        for weight, change in zip(self._weights, changes, strict=True):
            weight.assign_add(change)
        for slot, value in zip(slots, new_slots, strict=True):
            slot.assign(value)
        self._accumulator.assign(accumulate(self._accumulator.value, losses, step))

    def _evaluate(
        self, arrays: BatchArrays, is_real: Any, scalars: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        self.traces += 1
        return self._program.evaluation(arrays, is_real, scalars)


def _tensors(arrays: BatchArrays) -> tuple[Any, ...]:
    return tuple(tf.constant(array) for array in arrays)
