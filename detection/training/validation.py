"""The evaluation of all validation images: metrics and mean losses."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.detections import Detections, GroundTruth
from sweepbox.detection.core.timeline import SILENT, Timeline
from sweepbox.detection.data.batches import evaluation_batches
from sweepbox.detection.data.cache.record_set import RecordSet
from sweepbox.detection.training.finite import check_losses, check_metrics
from sweepbox.detection.training.reports import ValidationProgress
from sweepbox.detection.training.step import LOSS_NAMES, TrainStep


class Evaluator(Protocol):
    """Compares detections with ground truth, image by image."""

    def add(
        self, image_id: int, ground_truth: GroundTruth, detections: Detections, *, height: int, width: int
    ) -> None:
        """Add one image; `height` and `width` are its size in pixels."""

    def metrics(self) -> dict[str, float]:
        """Return the metrics of all added images."""


def validate(
    step: TrainStep,
    records: RecordSet,
    evaluator: Evaluator,
    *,
    indices: NDArray[np.int64],
    batch_size: int,
    max_boxes: int,
    scalars: NDArray[np.float32],
    on_batch: Callable[[ValidationProgress], None] | None = None,
    timeline: Timeline = SILENT,
    trained_steps: int = 0,
) -> dict[str, float]:
    """Evaluate validation images and return the metrics by name, including `loss/…`.

    Losses are means over the groups of images whose losses are normalised together (see `EvaluatedBatch`).

    Args:
        step: The compiled steps.
        records: The images.
        evaluator: Computes the metrics.
        indices: The indices of the images to evaluate, in order.
        batch_size: The rows of a batch.
        max_boxes: The boxes per image in a batch.
        scalars: The vector of `OptimizerSettings.scalars`.
        on_batch: Called after each batch.
        timeline: Records the durations.
        trained_steps: The number of finished training steps, for messages.

    Raises:
        TrainingError: A loss or a metric is not finite.
    """
    losses = dict.fromkeys(LOSS_NAMES, 0.0)
    seen = groups = 0
    for batch in evaluation_batches(records, indices=indices, batch_size=batch_size, max_boxes=max_boxes):
        with timeline.span("predict"):
            result = step.evaluate(batch, scalars)
        check_losses(result.losses, step=trained_steps)
        real = [(row, int(index)) for row, index in enumerate(batch.indices) if index >= 0]
        for number, (row, index) in enumerate(real, start=seen):
            height, width = (int(side) for side in records.original_sizes[index])
            detections = detections_of(result.detections, row)
            evaluator.add(number, records.ground_truth(index), detections, height=height, width=width)
        batch_groups = len(result.losses[LOSS_NAMES[0]])
        real_groups = -(-len(real) * batch_groups // len(batch.indices))
        for name in losses:
            losses[name] += float(np.sum(result.losses[name][:real_groups]))
        seen += len(real)
        groups += real_groups
        if on_batch is not None:
            on_batch(ValidationProgress(seen, len(indices)))
    with timeline.span("metrics"):
        metrics = evaluator.metrics()
    metrics |= {f"loss/{name}": value / groups for name, value in losses.items()}
    check_metrics(metrics, step=trained_steps)
    return metrics


def detections_of(outputs: dict[str, NDArray[np.float32]], row: int) -> Detections:
    """Return the detections of one image from a batch of postprocessed outputs, with 1-based class ids."""
    count = int(outputs["num_detections"][row])
    return Detections(
        boxes_yxyx=outputs["detection_boxes"][row, :count],
        scores=outputs["detection_scores"][row, :count],
        class_ids=outputs["detection_classes"][row, :count].astype(np.int64) + 1,
    )
