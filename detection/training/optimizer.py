"""Momentum, Adam and RMSprop, as in the training loop of the Object Detection API.

All gradients are concatenated into one flat vector, so that an update runs a few kernels in total instead of a
few for each of several hundred variables. Values that do not depend on tensors (the schedule, Adam's bias
correction, RMSprop's decay of the rate) are computed on the host in double precision and passed to the compiled
step as a small vector, so that changing them does not require a compilation.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError, TrainingError
from sweepbox.detection.model.variables import assign_variables, read_variables
from sweepbox.detection.training.finite import check_rate
from sweepbox.detection.training.schedules import Schedule, learning_rate_schedule

ADAM_BETAS = (0.9, 0.999)
RMS_PROP_RHO = 0.9


class OptimizerKind(StrEnum):
    """The optimizers, named after their fields in the `optimizer { … }` message."""

    MOMENTUM = "momentum_optimizer"
    ADAM = "adam_optimizer"
    RMS_PROP = "rms_prop_optimizer"

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of the vectors that are kept between steps."""
        return _SLOTS[self]


_SLOTS = {
    OptimizerKind.MOMENTUM: ("momentum",),
    OptimizerKind.ADAM: ("first_moment", "second_moment"),
    OptimizerKind.RMS_PROP: ("mean_square", "momentum"),
}


AVERAGE = "average"
"""The name of the slot with the moving averages of the weights."""


class Scalar(IntEnum):
    """The positions in the vector of dynamic values that is passed to every step."""

    RATE = 0
    CLIP_NORM = 1
    MOMENTUM = 2
    EPSILON = 3
    REGULARIZATION = 4
    AVERAGE_DECAY = 5


@dataclass(frozen=True)
class OptimizerSettings:
    """How weights are updated. All fields except `kind` are dynamic: they do not require a compilation.

    Attributes:
        kind: The optimizer.
        schedule: The learning rate by step.
        momentum: The momentum of momentum and RMSprop.
        epsilon: The epsilon of Adam and RMSprop.
        rate_decay: RMSprop's decay of the rate over time.
        clip_norm: The largest norm of the gradient; 0 disables clipping.
        regularization: The factor of the regularisation loss: 0 if the config excludes it, else 1.
        average_decay: The largest decay of the moving averages of the weights; it is smaller at first.
    """

    kind: OptimizerKind
    schedule: Schedule
    momentum: float = 0.0
    epsilon: float = 0.0
    rate_decay: float = 0.0
    clip_norm: float = 0.0
    regularization: float = 1.0
    average_decay: float = 0.0

    def scalars(self, step: int) -> NDArray[np.float32]:
        """Return the values for the next step after `step` finished ones, in the order of `Scalar`.

        Raises:
            TrainingError: A 32-bit number cannot hold the learning rate.
        """
        values = np.zeros(len(Scalar), np.float32)
        values[Scalar.RATE] = self._effective_rate(step)
        values[Scalar.CLIP_NORM] = self.clip_norm
        values[Scalar.MOMENTUM] = self.momentum
        values[Scalar.EPSILON] = self.epsilon
        values[Scalar.REGULARIZATION] = self.regularization
        values[Scalar.AVERAGE_DECAY] = min(self.average_decay, (step + 2.0) / (step + 11.0))
        return values

    def _effective_rate(self, step: int) -> float:
        """Return the rate with Adam's bias correction or RMSprop's decay applied."""
        rate = check_rate(self.schedule(step), step=step)
        if self.kind is OptimizerKind.ADAM:
            first, second = (1.0 - beta ** (step + 1) for beta in ADAM_BETAS)
            return rate * math.sqrt(second) / first
        return rate / (1.0 + self.rate_decay * step)


def optimizer_settings(config: pb.TrainConfig) -> OptimizerSettings:
    """Return the settings in a `train_config { … }` message.

    Raises:
        ConfigError: There is no optimizer or no schedule, or the fields of the schedule contradict each other.
    """
    name = config.optimizer.WhichOneof("optimizer")
    if name is None:
        raise ConfigError(f"train_config.optimizer has no optimizer; set one of {', '.join(OptimizerKind)}")
    message = getattr(config.optimizer, name)
    kind = OptimizerKind(name)
    return OptimizerSettings(
        kind=kind,
        schedule=learning_rate_schedule(message.learning_rate),
        momentum=0.0 if kind is OptimizerKind.ADAM else message.momentum_optimizer_value,
        epsilon=0.0 if kind is OptimizerKind.MOMENTUM else message.epsilon,
        rate_decay=message.decay if kind is OptimizerKind.RMS_PROP else 0.0,
        clip_norm=config.gradient_clipping_by_norm,
        regularization=1.0 if config.add_regularization_loss else 0.0,
        average_decay=config.optimizer.moving_average_decay,
    )


class Optimizer:
    """The slots and the update rule of an optimizer, for a fixed list of variables.

    Args:
        kind: The optimizer.
        variables: The variables that it updates.
        average: Keep moving averages of the variables as the last slot; they start from the values at `reset`.

    Attributes:
        slots: Non-trainable float32 variables `[values]`, where `values` is the number of elements of all
            variables.
    """

    def __init__(self, kind: OptimizerKind, variables: Sequence[Any], *, average: bool = False) -> None:
        self.kind = kind
        self.has_average = average
        self._variables = list(variables)
        self._shapes = [tuple(variable.shape) for variable in variables]
        self._ends = [int(end) for end in np.cumsum([math.prod(shape) for shape in self._shapes])]
        self._names = (*kind.slots, AVERAGE) if average else kind.slots
        self.slots = [
            keras.Variable(np.zeros(self._ends[-1], np.float32), dtype="float32", trainable=False, name=name)
            for name in self._names
        ]
        self.reset()

    def reset(self) -> None:
        """Set all slots to zero, and the averages to the values of the variables."""
        for slot in self.slots:
            slot.assign(ops.zeros(slot.shape, "float32"))
        if self.has_average:
            self.slots[-1].assign(self._flat_values())

    def swap_average(self) -> None:
        """Swap the values of the variables with their averages; a second call swaps them back."""
        values, average = self._flat_values(), self.slots[-1].numpy()
        assign_variables(self._variables, self._parts(average))
        self.slots[-1].assign(values)

    def step(
        self, gradients: Sequence[Any], slots: Sequence[Any], scalars: Any, *, weights: Sequence[Any] = ()
    ) -> tuple[list[Any], list[Any]]:
        """Return what to add to each variable, and the new values of the slots; nothing is assigned.

        Args:
            gradients: The gradients, in the order and shapes of the variables.
            slots: The current values of the slots.
            scalars: The vector of `OptimizerSettings.scalars`.
            weights: The current values of the variables; required if averages are kept.
        """
        kept = slots[: len(self.kind.slots)]
        gradient = clip_by_norm(_flat(gradients), scalars[Scalar.CLIP_NORM])
        change, new_slots = _UPDATES[self.kind](gradient, kept, scalars)
        if self.has_average:
            remaining = 1.0 - scalars[Scalar.AVERAGE_DECAY]
            new_slots = [*new_slots, slots[-1] + remaining * (_flat(weights) + change - slots[-1])]
        parts = ops.split(change, self._ends[:-1]) if len(self._ends) > 1 else [change]
        return [ops.reshape(part, shape) for part, shape in zip(parts, self._shapes, strict=True)], new_slots

    def _flat_values(self) -> NDArray[np.float32]:
        return np.concatenate([value.ravel() for value in read_variables(self._variables)])

    def _parts(self, flat: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return a flat vector split into arrays with the shapes of the variables."""
        parts = np.split(flat, self._ends[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, self._shapes, strict=True)]

    def state(self) -> dict[str, NDArray[np.float32]]:
        """Return the slots as arrays with the shapes of the variables, by `SLOT:VARIABLE PATH`."""
        return {
            f"{name}:{variable.path}": part
            for name, slot in zip(self._names, self.slots, strict=True)
            for variable, part in zip(self._variables, self._parts(slot.numpy()), strict=True)
        }

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Set the slots from the arrays that `state` returned.

        Raises:
            TrainingError: The arrays belong to another optimizer or model.
        """
        paths = [variable.path for variable in self._variables]
        expected = {f"{name}:{path}" for name in self._names for path in paths}
        if set(arrays) != expected:
            odd = sorted(set(arrays) ^ expected)[0]
            raise TrainingError(
                f"the saved optimizer state does not match {self.kind.value} and this model ({odd!r} is in "
                "only one of them); resume with the config that it was saved with"
            )
        for name, slot in zip(self._names, self.slots, strict=True):
            slot.assign(np.concatenate([arrays[f"{name}:{path}"].ravel() for path in paths]))


def _flat(values: Sequence[Any]) -> Any:
    """Return tensors concatenated to one float32 vector."""
    return ops.concatenate([ops.reshape(ops.cast(value, "float32"), (-1,)) for value in values])


def clip_by_norm(gradient: Any, limit: Any) -> Any:
    """Return the flat gradient, scaled down to the norm `limit` if its norm is larger; 0 disables clipping."""
    norm = ops.sqrt(ops.sum(ops.square(gradient)))
    return gradient * ops.where(limit > 0.0, limit / ops.maximum(norm, limit), 1.0)


def _momentum(gradient: Any, slots: Sequence[Any], scalars: Any) -> tuple[Any, list[Any]]:
    velocity = scalars[Scalar.MOMENTUM] * slots[0] - scalars[Scalar.RATE] * gradient
    return velocity, [velocity]


def _adam(gradient: Any, slots: Sequence[Any], scalars: Any) -> tuple[Any, list[Any]]:
    """Adam with epsilon added to the uncorrected root, as in TensorFlow's kernel."""
    first = slots[0] + (1.0 - ADAM_BETAS[0]) * (gradient - slots[0])
    second = slots[1] + (1.0 - ADAM_BETAS[1]) * (ops.square(gradient) - slots[1])
    return -scalars[Scalar.RATE] * first / (ops.sqrt(second) + scalars[Scalar.EPSILON]), [first, second]


def _rms_prop(gradient: Any, slots: Sequence[Any], scalars: Any) -> tuple[Any, list[Any]]:
    """RMSprop with epsilon inside the square root and momentum on the scaled gradient."""
    mean_square = RMS_PROP_RHO * slots[0] + (1.0 - RMS_PROP_RHO) * ops.square(gradient)
    scaled = scalars[Scalar.RATE] * gradient / ops.sqrt(mean_square + scalars[Scalar.EPSILON])
    velocity = scalars[Scalar.MOMENTUM] * slots[1] + scaled
    return -velocity, [mean_square, velocity]


_UPDATES = {
    OptimizerKind.MOMENTUM: _momentum,
    OptimizerKind.ADAM: _adam,
    OptimizerKind.RMS_PROP: _rms_prop,
}
