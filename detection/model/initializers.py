"""Weight initialisers in NumPy, so that a seed gives the same network on every backend and in every process."""

import math
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError

Float32Array = NDArray[np.float32]
Shape = tuple[int, ...]

TRUNCATION = 2.0
TRUNCATED_STDDEV = 0.87962566103423978
"""The standard deviation of a unit normal truncated at `TRUNCATION`; variance scaling divides by it."""


class Initializer(Protocol):
    """Draws the initial values of a variable."""

    def draw(self, random: np.random.Generator, shape: Shape) -> Float32Array:
        """Return float32 values of `shape`, determined by the state of the generator."""
        ...


class FanMode(Enum):
    """The number of connections that determines the variance."""

    IN = "fan_in"
    OUT = "fan_out"
    AVERAGE = "fan_avg"


@dataclass(frozen=True)
class Constant:
    """A constant value."""

    value: float

    def draw(self, random: np.random.Generator, shape: Shape) -> Float32Array:  # noqa: ARG002 - the protocol's
        """Return the constant."""
        return np.full(shape, self.value, np.float32)


@dataclass(frozen=True)
class RandomNormal:
    """A normal distribution."""

    mean: float
    stddev: float

    def draw(self, random: np.random.Generator, shape: Shape) -> Float32Array:
        """Return normal values."""
        return random.standard_normal(shape, np.float32) * np.float32(self.stddev) + np.float32(self.mean)


@dataclass(frozen=True)
class TruncatedNormal:
    """A normal distribution whose values beyond two standard deviations are drawn again."""

    mean: float
    stddev: float

    def draw(self, random: np.random.Generator, shape: Shape) -> Float32Array:
        """Return truncated normal values."""
        values = random.standard_normal(math.prod(shape), np.float32)
        beyond = np.flatnonzero(np.abs(values) > TRUNCATION)
        while beyond.size:
            values[beyond] = random.standard_normal(beyond.size, np.float32)
            beyond = beyond[np.abs(values[beyond]) > TRUNCATION]
        return values.reshape(shape) * np.float32(self.stddev) + np.float32(self.mean)


@dataclass(frozen=True)
class VarianceScaling:
    """A distribution with the variance `scale / fan`; Glorot uniform is `(1, AVERAGE, uniform)`."""

    scale: float
    mode: FanMode
    uniform: bool

    def draw(self, random: np.random.Generator, shape: Shape) -> Float32Array:
        """Return values for a kernel `[height, width, in, out]` (or `[in, out]`)."""
        receptive = math.prod(shape[:-2])
        fan_in, fan_out = shape[-2] * receptive, shape[-1] * receptive
        fan = {FanMode.IN: fan_in, FanMode.OUT: fan_out, FanMode.AVERAGE: (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, fan)
        if self.uniform:
            limit = np.float32(math.sqrt(3.0 * variance))
            return (random.random(shape, np.float32) * 2 - 1) * limit
        return TruncatedNormal(0.0, math.sqrt(variance) / TRUNCATED_STDDEV).draw(random, shape)


GLOROT_UNIFORM = VarianceScaling(1.0, FanMode.AVERAGE, uniform=True)

BY_NAME: dict[str, Initializer] = {
    "zeros": Constant(0.0),
    "ones": Constant(1.0),
    "glorot_uniform": GLOROT_UNIFORM,
    "glorot_normal": VarianceScaling(1.0, FanMode.AVERAGE, uniform=False),
    "he_uniform": VarianceScaling(2.0, FanMode.IN, uniform=True),
    "he_normal": VarianceScaling(2.0, FanMode.IN, uniform=False),
    "lecun_uniform": VarianceScaling(1.0, FanMode.IN, uniform=True),
    "lecun_normal": VarianceScaling(1.0, FanMode.IN, uniform=False),
    "random_normal": RandomNormal(0.0, 0.05),
    "truncated_normal": TruncatedNormal(0.0, 0.05),
}
"""The initialisers of `keras_initializer_by_name`, with the parameters of Keras."""


def initializer_of(message: pb.Initializer, path: str) -> Initializer:
    """Return the initialiser of a config; by default Glorot uniform, as in Keras.

    Args:
        message: The message.
        path: Its field path, for error messages.

    Raises:
        ConfigError: `keras_initializer_by_name` is unknown.
    """
    kind = message.WhichOneof("initializer_oneof")
    if kind == "truncated_normal_initializer":
        normal = message.truncated_normal_initializer
        return TruncatedNormal(normal.mean, normal.stddev)
    if kind == "random_normal_initializer":
        return RandomNormal(message.random_normal_initializer.mean, message.random_normal_initializer.stddev)
    if kind == "variance_scaling_initializer":
        scaling = message.variance_scaling_initializer
        mode = (FanMode.IN, FanMode.OUT, FanMode.AVERAGE)[scaling.mode]
        return VarianceScaling(scaling.factor, mode, scaling.uniform)
    if kind == "keras_initializer_by_name":
        return _by_name(message.keras_initializer_by_name, path)
    return GLOROT_UNIFORM


def _by_name(name: str, path: str) -> Initializer:
    if name not in BY_NAME:
        raise ConfigError(
            f"{path}.keras_initializer_by_name: {name!r} is not supported; use one of {', '.join(BY_NAME)}"
        )
    return BY_NAME[name]
