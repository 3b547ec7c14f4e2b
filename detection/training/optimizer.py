"""Momentum, Adam and RMSprop as the Object Detection API's training loop applies them.

Arithmetic runs on one flat vector that holds all gradients one after another, so that an update takes a
handful of kernels instead of a handful for each of several hundred variables. What does not depend on tensors
(the schedule, Adam's bias correction, RMSprop's decay of the rate) is computed on the host in double precision
and handed to the compiled step as a small vector, so that changing it never compiles anything again.
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
        """The names of the vectors that the optimizer keeps between steps."""
        return _SLOTS[self]


_SLOTS = {
    OptimizerKind.MOMENTUM: ("momentum",),
    OptimizerKind.ADAM: ("first_moment", "second_moment"),
    OptimizerKind.RMS_PROP: ("mean_square", "momentum"),
}


AVERAGE = "average"
"""The name of the slot that holds the moving average of the weights, where one is kept."""


class Scalar(IntEnum):
    """The places of the vector of dynamic values that goes into every step."""

    RATE = 0
    CLIP_NORM = 1
    MOMENTUM = 2
    EPSILON = 3
    REGULARIZATION = 4
    AVERAGE_DECAY = 5


@dataclass(frozen=True)
class OptimizerSettings:
    """How weights are updated. All but `kind` are dynamic: they change without compiling a step again.

    `clip_norm` 0 switches clipping off; `rate_decay` is RMSprop's time decay of the rate; `regularization` is 0
    where the config leaves the regularisation loss out, else 1; `average_decay` bounds the decay of the moving
    average of the weights, which is shorter at first.
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
        """Return the values for the step that follows `step` finished ones, in the order of `Scalar`."""
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
        rate = self.schedule(step)
        if self.kind is OptimizerKind.ADAM:
            first, second = (1.0 - beta ** (step + 1) for beta in ADAM_BETAS)
            return rate * math.sqrt(second) / first
        return rate / (1.0 + self.rate_decay * step)


def optimizer_settings(config: pb.TrainConfig) -> OptimizerSettings:
    """Return the settings in a `train_config { … }`; ConfigError where it names no optimizer or no schedule."""
    name = config.optimizer.WhichOneof("optimizer")
    if name is None:
        raise ConfigError(
            f"train_config.optimizer names no optimizer; give it one of {', '.join(OptimizerKind)}"
        )
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
    """The slots of an optimizer and its arithmetic, for a fixed list of variables.

    `slots` are non-trainable float32 variables `[values]`, where `values` counts all elements of all variables.
    With `average` the last slot is the moving average of the variables themselves, which starts from their
    values at `reset`.
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
        """Set all slots to zero, in place, and the average to the variables' values."""
        for slot in self.slots:
            slot.assign(ops.zeros(slot.shape, "float32"))
        if self.has_average:
            self.slots[-1].assign(self._flat_values())

    def swap_average(self) -> None:
        """Exchange the variables' values with their average; doing it again undoes it."""
        values, average = self._flat_values(), self.slots[-1].numpy()
        assign_variables(self._variables, self._parts(average))
        self.slots[-1].assign(values)

    def step(
        self, gradients: Sequence[Any], slots: Sequence[Any], scalars: Any, *, weights: Sequence[Any] = ()
    ) -> tuple[list[Any], list[Any]]:
        """Return what to add to each variable, and the new values of the slots. Pure: nothing is assigned.

        `gradients` in the order and shapes of the variables, `slots` the current values of the slots, `scalars`
        the vector of `OptimizerSettings.scalars`; `weights` are the variables' current values, needed where an
        average is kept.
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
        """Return a flat vector cut into arrays shaped like the variables."""
        parts = np.split(flat, self._ends[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, self._shapes, strict=True)]

    def state(self) -> dict[str, NDArray[np.float32]]:
        """Return the slots as arrays shaped like their variables, keyed `SLOT:VARIABLE PATH`."""
        return {
            f"{name}:{variable.path}": part
            for name, slot in zip(self._names, self.slots, strict=True)
            for variable, part in zip(self._variables, self._parts(slot.numpy()), strict=True)
        }

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over what `state` returned; TrainingError where its keys are not those of this optimizer."""
        paths = [variable.path for variable in self._variables]
        expected = {f"{name}:{path}" for name in self._names for path in paths}
        if set(arrays) != expected:
            odd = sorted(set(arrays) ^ expected)[0]
            raise TrainingError(
                f"the saved optimizer state does not fit {self.kind.value} and this model ({odd!r} is in only "
                "one of them); train on with the config that it was saved with"
            )
        for name, slot in zip(self._names, self.slots, strict=True):
            slot.assign(np.concatenate([arrays[f"{name}:{path}"].ravel() for path in paths]))


def _flat(values: Sequence[Any]) -> Any:
    """Return tensors one after another as one float32 vector."""
    return ops.concatenate([ops.reshape(ops.cast(value, "float32"), (-1,)) for value in values])


def clip_by_norm(gradient: Any, limit: Any) -> Any:
    """Return the flat gradient scaled down to the norm `limit` where it is longer; 0 changes nothing."""
    norm = ops.sqrt(ops.sum(ops.square(gradient)))
    return gradient * ops.where(limit > 0.0, limit / ops.maximum(norm, limit), 1.0)


def _momentum(gradient: Any, slots: Sequence[Any], scalars: Any) -> tuple[Any, list[Any]]:
    velocity = scalars[Scalar.MOMENTUM] * slots[0] - scalars[Scalar.RATE] * gradient
    return velocity, [velocity]


def _adam(gradient: Any, slots: Sequence[Any], scalars: Any) -> tuple[Any, list[Any]]:
    """Adam whose epsilon is added to the uncorrected root, as TensorFlow's own kernel does."""
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
