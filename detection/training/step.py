"""The training step and the evaluation step, as programs that a backend compiles once.

This module is the same for every backend; `tensorflow_step` and `jax_step` compile its programs.
"""

import importlib
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.core.timeline import Timeline
from sweepbox.detection.data.augment import Preprocessor
from sweepbox.detection.data.batches import Batch
from sweepbox.detection.model.ssd import SsdDetector
from sweepbox.detection.training.optimizer import Optimizer, Scalar

LOSS_NAMES = ("localization", "classification", "regularization", "total")
DETECTION_NAMES = ("detection_boxes", "detection_scores", "detection_classes", "num_detections")
_COUNT = len(LOSS_NAMES)
_FIRST_BAD = _COUNT + 1
_BACKENDS = {"tensorflow": "TensorFlowStep", "jax": "JaxStep"}


@dataclass(frozen=True)
class LossSums:
    """Sums of losses.

    Attributes:
        steps: The number of steps.
        sums: The sum of each loss over the steps, by name.
        first_bad_step: The first step (from 1) with a loss that is not finite, None if there is none.
    """

    steps: int
    sums: dict[str, float]
    first_bad_step: int | None


@dataclass(frozen=True, eq=False)
class EvaluatedBatch:
    """The losses and detections of one evaluation batch.

    Attributes:
        losses: The losses `[groups]`, by name. A group is a number of consecutive rows whose losses are
            normalised together (see `Program`). Padding rows do not contribute to them; a group of padding rows
            alone has localisation and classification losses of 0.
        detections: The arrays of `DETECTION_NAMES`, with one row per image.
    """

    losses: dict[str, NDArray[np.float32]]
    detections: dict[str, NDArray[np.float32]]


class TrainStep(Protocol):
    """The compiled steps, which update variables in place.

    Attributes:
        traces: How many programs were traced.
    """

    traces: int

    def train(self, batch: Batch, step: int, scalars: NDArray[np.float32]) -> None:
        """Run the next training step after `step` finished ones, without waiting for the device."""

    def train_by_phases(
        self, batch: Batch, step: int, scalars: NDArray[np.float32], timeline: Timeline
    ) -> None:
        """Run the same training step as two programs, waiting for the device after each.

        `TRANSFER`, `Phase.GRADIENTS` and `Phase.UPDATE` are recorded in the timeline.
        """

    def wait(self) -> None:
        """Wait until the device has finished."""

    def take_losses(self) -> LossSums:
        """Fetch the losses of all steps since the last call, and reset them."""

    def evaluate(self, batch: Batch, scalars: NDArray[np.float32]) -> EvaluatedBatch:
        """Run one evaluation batch with the moving statistics; no variable changes."""


@dataclass(frozen=True, eq=False)
class Program:
    """The computation of a step, before it is compiled.

    Attributes:
        detector: The detector.
        training_preprocessor: Augments and resizes a training batch.
        evaluation_preprocessor: Resizes an evaluation batch.
        optimizer: The optimizer.
        evaluation_group: The number of consecutive rows of an evaluation batch whose losses are normalised
            together: the config's evaluation batch size, which may differ from the number of rows. If it does
            not divide the number of rows, all rows are one group.
    """

    detector: SsdDetector
    training_preprocessor: Preprocessor
    evaluation_preprocessor: Preprocessor
    optimizer: Optimizer
    evaluation_group: int = 1

    def training_losses(self, arrays: "BatchArrays", scalars: Any) -> dict[str, Any]:
        """Return the scalar losses of one training batch, by name; gradients are those of `total`."""
        ready = self._preprocess(self.training_preprocessor, arrays)
        predictions = self.detector.network(ready.images, training=True)
        losses = self.detector.losses(predictions, ready.boxes_yxyx, ready.class_ids, ready.weights)
        return _with_total(losses, scalars[Scalar.REGULARIZATION])

    def evaluation(
        self, arrays: "BatchArrays", is_real: Any, scalars: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return losses `[groups]` and detections of a batch; `is_real` `[batch]` is False for padding rows."""
        ready = self._preprocess(self.evaluation_preprocessor, arrays)
        predictions = self.detector.network(ready.images, training=False)
        rows = ready.images.shape[0]
        losses = self.detector.group_losses(
            predictions,
            ready.boxes_yxyx,
            ready.class_ids,
            ready.weights,
            groups=1 if rows % self.evaluation_group else rows // self.evaluation_group,
            is_annotated=is_real,
        )
        detections = self.detector.postprocess(predictions, ready.true_sizes)
        return (
            _with_total(losses, scalars[Scalar.REGULARIZATION]),
            {name: detections[name] for name in DETECTION_NAMES},
        )

    def _preprocess(self, preprocessor: Preprocessor, arrays: "BatchArrays") -> Any:
        return preprocessor(*arrays, normalise=self.detector.normalise)


BatchArrays = tuple[Any, Any, Any, Any, Any, Any]
"""The arguments of a preprocessor: images, sizes, boxes_yxyx, class_ids, weights, noise."""


def arrays_of(batch: Batch) -> BatchArrays:
    """Return the arrays of a batch in the order of a preprocessor's arguments."""
    return (batch.images, batch.sizes, batch.boxes_yxyx, batch.class_ids, batch.weights, batch.noise)


def _with_total(losses: dict[str, Any], factor: Any) -> dict[str, Any]:
    """Return the losses with the regularisation scaled by `factor`, and their sum as `total`."""
    regularization = factor * losses["regularization"]
    total = losses["localization"] + losses["classification"] + regularization
    return {**losses, "regularization": regularization, "total": total}


def new_accumulator() -> Any:
    """Return a variable `[6]` that accumulates the four losses, the step count and the first bad step."""
    return keras.Variable(np.zeros(_FIRST_BAD + 1, np.float32), dtype="float32", trainable=False, name="losses")


def accumulate(accumulator: Any, losses: dict[str, Any], step: Any) -> Any:
    """Return the next value of the accumulator; `step` is a float32 scalar, the number of finished steps."""
    finite = ops.isfinite(losses["total"])
    is_first_bad = ops.logical_and(ops.logical_not(finite), accumulator[_FIRST_BAD] == 0.0)
    bad = ops.where(is_first_bad, step + 1.0, accumulator[_FIRST_BAD])
    sums = [accumulator[index] + losses[name] for index, name in enumerate(LOSS_NAMES)]
    return ops.stack([*sums, accumulator[_COUNT] + 1.0, bad])


def read_accumulator(accumulator: Any) -> LossSums:
    """Fetch the accumulator and reset it to zero."""
    values = accumulator.numpy().tolist()
    accumulator.assign(np.zeros(len(values), np.float32))
    bad = int(values[_FIRST_BAD])
    sums = dict(zip(LOSS_NAMES, values[:_COUNT], strict=True))
    return LossSums(steps=int(values[_COUNT]), sums=sums, first_bad_step=bad or None)


def build_train_step(program: Program) -> TrainStep:
    """Return the compiled steps of a program for the active Keras backend.

    Raises:
        UsageError: The backend cannot train.
    """
    backend = keras.backend.backend()
    if backend not in _BACKENDS:
        raise UsageError(f"KERAS_BACKEND={backend} cannot train; set it to {' or '.join(_BACKENDS)}")
    module = importlib.import_module(f"sweepbox.detection.training.{backend}_step")
    step: TrainStep = getattr(module, _BACKENDS[backend])(program)
    return step
