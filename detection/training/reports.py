"""Progress reports of training: after a step, a series of steps, a validation batch or an evaluation."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StepReport:
    """The state after one step.

    Attributes:
        step: The number of finished steps.
        total_steps: The number of steps of the run.
        learning_rate: The learning rate of the step.
        losses: Mean losses over the steps since the last report that had some. Empty in most reports, because
            fetching losses makes the host wait for the device.
        images_per_s: The throughput over the same steps, or the mean throughput if `losses` is empty.
    """

    step: int
    total_steps: int
    learning_rate: float
    losses: dict[str, float]
    images_per_s: float


@dataclass(frozen=True)
class RecordsReport:
    """Lines about objects of the records that are dropped, before the first step."""

    lines: tuple[str, ...]

    def __str__(self) -> str:
        """Return the lines as a text."""
        return "\n".join(self.lines)


@dataclass(frozen=True)
class TrainingSummary:
    """Statistics of a series of steps.

    Attributes:
        step: The number of finished steps.
        losses: The mean losses.
        images_per_s: The throughput without the steps that compiled; 0 if there were no others.
        input_wait_fraction: The fraction of the time that was spent waiting for batches.
        learning_rate: The learning rate of the last step.
    """

    step: int
    losses: dict[str, float]
    images_per_s: float
    input_wait_fraction: float
    learning_rate: float


@dataclass(frozen=True)
class ValidationProgress:
    """The number of evaluated images, of `total` validation images."""

    images: int
    total: int


@dataclass(frozen=True)
class ValidationPicture:
    """A validation image with its annotated objects, and beside it the same with detections.

    Attributes:
        name: The name of the image, unique among the pictures.
        jpeg: The picture as a JPEG file.
        height: Its height in pixels.
        width: Its width in pixels.
    """

    name: str
    jpeg: bytes
    height: int
    width: int


@dataclass(frozen=True)
class EvaluationReport:
    """The result of an evaluation.

    Attributes:
        step: The number of finished steps.
        metrics: The metrics by name.
        training: Statistics of the steps since the previous evaluation.
        is_best: Whether the checkpoint is the best so far.
        pictures: Some validation images, where they are asked for.
    """

    step: int
    metrics: dict[str, float]
    training: TrainingSummary
    is_best: bool
    pictures: tuple[ValidationPicture, ...] = ()
