"""One training step and one evaluation step, as programs that a backend compiles once.

This file holds what is the same on every backend; `tensorflow_step` and `jax_step` compile it.
"""

import importlib
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from detection.core.errors import UsageError
from detection.data.augment import Preprocessor
from detection.data.batches import Batch
from detection.model.ssd import SsdDetector
from detection.training.optimizer import Optimizer, Scalar

LOSS_NAMES = ("localization", "classification", "regularization", "total")
DETECTION_NAMES = ("detection_boxes", "detection_scores", "detection_classes", "num_detections")
CERTAIN_LOGIT = 1e4
"""A logit whose sigmoid is 0 or 1 exactly, so that the loss of a right answer vanishes."""

_COUNT = len(LOSS_NAMES)
_FIRST_BAD = _COUNT + 1
_BACKENDS = {"tensorflow": "TensorFlowStep", "jax": "JaxStep"}


@dataclass(frozen=True)
class LossSums:
    """Losses summed over `steps` steps; `first_bad_step` counts from 1: the first whose loss was not finite."""

    steps: int
    sums: dict[str, float]
    first_bad_step: int | None


@dataclass(frozen=True, eq=False)
class EvaluatedBatch:
    """The mean losses over the real rows of one evaluation batch, and the detections of every row as arrays."""

    losses: dict[str, float]
    detections: dict[str, NDArray[np.float32]]


class TrainStep(Protocol):
    """Compiled steps. Variables are changed in place; `traces` counts how often a program was traced."""

    traces: int

    def train(self, batch: Batch, step: int, scalars: NDArray[np.float32]) -> None:
        """Run one training step, the one after `step` finished ones, without waiting for the device."""

    def take_losses(self) -> LossSums:
        """Fetch the losses of all steps since the last call, and start again from zero."""

    def evaluate(self, batch: Batch, scalars: NDArray[np.float32]) -> EvaluatedBatch:
        """Predict one evaluation batch with the moving statistics; no variable changes."""


@dataclass(frozen=True, eq=False)
class Program:
    """The parts that a step is made of."""

    detector: SsdDetector
    training_preprocessor: Preprocessor
    evaluation_preprocessor: Preprocessor
    optimizer: Optimizer
    background_logit: float
    """What an evaluation row without an image predicts in column 0: the value that costs nothing there."""

    def training_losses(self, arrays: "BatchArrays", scalars: Any) -> dict[str, Any]:
        """Return the scalar losses of one training batch, by name; `total` is what gradients are taken of."""
        ready = self._preprocess(self.training_preprocessor, arrays)
        predictions = self.detector.network(ready.images, training=True)
        losses = self.detector.losses(predictions, ready.boxes_yxyx, ready.class_ids, ready.weights)
        return _with_total(losses, scalars[Scalar.REGULARIZATION])

    def evaluation(
        self, arrays: "BatchArrays", is_real: Any, scalars: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the losses and detections of a batch; `is_real` bool `[batch]` marks rows with images."""
        ready = self._preprocess(self.evaluation_preprocessor, arrays)
        predictions = self.detector.network(ready.images, training=False)
        losses = self.detector.losses(
            self._without_padding(predictions, is_real), ready.boxes_yxyx, ready.class_ids, ready.weights
        )
        detections = self.detector.postprocess(predictions, ready.true_sizes)
        return (
            _with_total(losses, scalars[Scalar.REGULARIZATION]),
            {name: detections[name] for name in DETECTION_NAMES},
        )

    def _preprocess(self, preprocessor: Preprocessor, arrays: "BatchArrays") -> Any:
        return preprocessor(*arrays, normalise=self.detector.normalise)

    def _without_padding(self, predictions: dict[str, Any], is_real: Any) -> dict[str, Any]:
        """Return predictions in which rows without an image are sure of the background and so cost nothing."""
        columns = predictions["class_logits"].shape[-1]
        certain = np.full(columns, -CERTAIN_LOGIT, np.float32)
        certain[0] = self.background_logit
        logits = ops.where(is_real[:, None, None], predictions["class_logits"], certain)
        return {**predictions, "class_logits": logits}


BatchArrays = tuple[Any, Any, Any, Any, Any, Any]
"""images, sizes, boxes_yxyx, class_ids, weights, noise: the arguments of a preprocessor."""


def arrays_of(batch: Batch) -> BatchArrays:
    """Return the arrays of a batch in the order in which a preprocessor takes them."""
    return (batch.images, batch.sizes, batch.boxes_yxyx, batch.class_ids, batch.weights, batch.noise)


def _with_total(losses: dict[str, Any], factor: Any) -> dict[str, Any]:
    """Return the losses with the regularisation scaled and the total as their sum."""
    regularization = factor * losses["regularization"]
    total = losses["localization"] + losses["classification"] + regularization
    return {**losses, "regularization": regularization, "total": total}


def new_accumulator() -> Any:
    """Return a variable `[6]` in which a step sums its losses: the four, the count, the first bad step."""
    return keras.Variable(np.zeros(_FIRST_BAD + 1, np.float32), dtype="float32", trainable=False, name="losses")


def accumulate(accumulator: Any, losses: dict[str, Any], step: Any) -> Any:
    """Return the accumulator's next value; `step` is a float32 scalar, the number of finished steps."""
    finite = ops.isfinite(losses["total"])
    is_first_bad = ops.logical_and(ops.logical_not(finite), accumulator[_FIRST_BAD] == 0.0)
    bad = ops.where(is_first_bad, step + 1.0, accumulator[_FIRST_BAD])
    sums = [accumulator[place] + losses[name] for place, name in enumerate(LOSS_NAMES)]
    return ops.stack([*sums, accumulator[_COUNT] + 1.0, bad])


def read_accumulator(accumulator: Any) -> LossSums:
    """Fetch the accumulator and set it to zero."""
    values = accumulator.numpy().tolist()
    accumulator.assign(np.zeros(len(values), np.float32))
    bad = int(values[_FIRST_BAD])
    sums = dict(zip(LOSS_NAMES, values[:_COUNT], strict=True))
    return LossSums(steps=int(values[_COUNT]), sums=sums, first_bad_step=bad or None)


def build_train_step(program: Program) -> TrainStep:
    """Return the steps of a program for the backend that Keras runs on."""
    backend = keras.backend.backend()
    if backend not in _BACKENDS:
        raise UsageError(f"KERAS_BACKEND={backend} cannot train; set it to {' or '.join(_BACKENDS)}")
    module = importlib.import_module(f"detection.training.{backend}_step")
    step: TrainStep = getattr(module, _BACKENDS[backend])(program)
    return step
