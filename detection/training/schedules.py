"""The learning-rate schedules of the Object Detection API, computed on the host.

A schedule maps the number of finished steps to the rate of the next step: the first step of a run uses
`schedule(0)`.
"""

import math
from collections.abc import Callable

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError

Schedule = Callable[[int], float]


def learning_rate_schedule(message: pb.LearningRate) -> Schedule:
    """Return the schedule of a `learning_rate { … }` message.

    Raises:
        ConfigError: There is no schedule, or its fields contradict each other.
    """
    match message.WhichOneof("learning_rate"):
        case "constant_learning_rate":
            rate = float(message.constant_learning_rate.learning_rate)
            return lambda _step: rate
        case "cosine_decay_learning_rate":
            return _cosine_decay(message.cosine_decay_learning_rate)
        case "exponential_decay_learning_rate":
            return _exponential_decay(message.exponential_decay_learning_rate)
        case "manual_step_learning_rate":
            return _manual_step(message.manual_step_learning_rate)
    raise ConfigError(
        "the optimizer's learning_rate has no schedule; set constant_learning_rate, "
        "cosine_decay_learning_rate, exponential_decay_learning_rate or manual_step_learning_rate"
    )


def schedule_of_training(config: pb.TrainConfig) -> Schedule:
    """Return the schedule of the optimizer in a `train_config { … }` message; ConfigError as above."""
    name = config.optimizer.WhichOneof("optimizer")
    if name is None:
        raise ConfigError("train_config.optimizer has no optimizer, and so no learning rate; set one")
    return learning_rate_schedule(getattr(config.optimizer, name).learning_rate)


def _cosine_decay(message: pb.CosineDecayLearningRate) -> Schedule:
    """Linear warm-up, an optional constant phase, half a cosine down to 0 at `total_steps`, then 0."""
    base, first = message.learning_rate_base, message.warmup_learning_rate
    total, warmup, hold = message.total_steps, message.warmup_steps, message.hold_base_rate_steps
    if total < warmup:
        raise ConfigError(
            f"cosine_decay_learning_rate: total_steps {total} is below warmup_steps {warmup}; "
            "lower warmup_steps"
        )
    if warmup > 0 and base < first:
        raise ConfigError(
            f"cosine_decay_learning_rate: learning_rate_base {base:g} is below warmup_learning_rate {first:g}; "
            "lower warmup_learning_rate"
        )
    decay_start, decay_steps = warmup + hold, total - warmup - hold

    def rate(step: int) -> float:
        if step > total:
            return 0.0
        if step < warmup:
            return float(first + step * (base - first) / warmup)
        if (hold > 0 and step <= decay_start) or decay_steps <= 0:
            return float(base)
        return float(0.5 * base * (1.0 + math.cos(math.pi * (step - decay_start) / decay_steps)))

    return rate


def _exponential_decay(message: pb.ExponentialDecayLearningRate) -> Schedule:
    """Constant burn-in, then the base rate times a power of the decay factor, never below the minimum.

    The rate is infinite where a factor above 1 makes it larger than any number.
    """
    base, burnin_steps = message.initial_learning_rate, message.burnin_steps
    burnin = message.burnin_learning_rate or base
    if message.decay_steps < 1:
        raise ConfigError("exponential_decay_learning_rate: decay_steps is 0; set it to at least 1")
    if message.decay_factor < 0:
        raise ConfigError(
            f"exponential_decay_learning_rate: decay_factor is {message.decay_factor:g}; set it to at least 0"
        )

    def rate(step: int) -> float:
        if step < burnin_steps:
            return float(max(burnin, message.min_learning_rate))
        exponent = (step - burnin_steps) / message.decay_steps
        if message.staircase:
            exponent = math.floor(exponent)
        try:
            return float(max(base * message.decay_factor**exponent, message.min_learning_rate))
        except OverflowError:
            return math.inf

    return rate


def _manual_step(message: pb.ManualStepLearningRate) -> Schedule:
    """Piecewise constant rates; with `warmup`, the rate is linear up to the first change."""
    boundaries = [entry.step for entry in message.schedule]
    rates = [message.initial_learning_rate, *(entry.learning_rate for entry in message.schedule)]
    if boundaries != sorted(set(boundaries)) or (boundaries and boundaries[0] < 1):
        raise ConfigError(
            f"manual_step_learning_rate: the steps {boundaries} must increase and start above 0; "
            "reorder the schedule"
        )

    def rate(step: int) -> float:
        if message.warmup and boundaries and step < boundaries[0]:
            return float(rates[0] + (rates[1] - rates[0]) * step / boundaries[0])
        return float(rates[sum(step >= boundary for boundary in boundaries)])

    return rate
