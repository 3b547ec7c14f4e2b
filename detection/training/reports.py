"""What training tells its caller: after a step, after a stretch of steps, after an evaluation."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StepReport:
    """One step is done.

    `losses` holds the means over the steps since the last report that had some; it is empty in most reports,
    because fetching losses makes the host wait for the device. `images_per_s` belongs to the same stretch.
    """

    step: int
    total_steps: int
    learning_rate: float
    losses: dict[str, float]
    images_per_s: float


@dataclass(frozen=True)
class TrainingSummary:
    """A stretch of steps is done: mean losses, speed, the share of time spent waiting for input, the last rate.

    Speed leaves out the steps that were compiled on the way; it is 0 where no other step was taken.
    """

    step: int
    losses: dict[str, float]
    images_per_s: float
    input_wait_fraction: float
    learning_rate: float


@dataclass(frozen=True)
class ValidationProgress:
    """`images` of `total` validation images are evaluated."""

    images: int
    total: int


@dataclass(frozen=True)
class EvaluationReport:
    """An evaluation is done: its metrics, the training before it, and whether it is the best so far."""

    step: int
    metrics: dict[str, float]
    training: TrainingSummary
    is_best: bool
