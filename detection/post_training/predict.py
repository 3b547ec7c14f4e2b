"""Computes the predictions of a checkpoint before suppression."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from sweepbox.detection.checkpoint.files import WEIGHTS_FILE
from sweepbox.detection.checkpoint.weights import load_weights
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.core.files import sha256_of
from sweepbox.detection.data.augment import build_preprocessor
from sweepbox.detection.data.batches import evaluation_batches
from sweepbox.detection.data.cache.record_set import RecordSet
from sweepbox.detection.model.program import compiled
from sweepbox.detection.model.ssd import SsdDetector, build_detector
from sweepbox.detection.post_training.raw_predictions import FORMAT, RawPredictions, keep_best

BATCH = 8
BEST_OF_A_CLASS = 1024
"""The number of anchors that are kept for each class of an image."""

LEAST_OF_A_CLASS = 128
LARGEST_BYTES = 1 << 29
"""The memory that all predictions may take; with more images or classes fewer anchors are kept."""

Progress = Callable[[int, int], None]


def predict_checkpoint(
    checkpoint: Path,
    config: pb.TrainEvalPipelineConfig,
    records: RecordSet,
    indices: NDArray[np.int64],
    *,
    file: Path | None = None,
    on_progress: Progress | None = None,
) -> RawPredictions:
    """Return the predictions before suppression of a checkpoint, in float32, for the records at `indices`.

    Args:
        checkpoint: The checkpoint folder.
        config: The config; its settings of suppression have no effect.
        records: The decoded images.
        indices: The images to predict, in order.
        file: A file that keeps the predictions. They are read from it if it has those of the same weights,
            images and config, and else it is written.
        on_progress: Called with the number of finished images and their total.

    Raises:
        ModelError: A prediction is not finite.
        TrainingError: The weights are missing, damaged, or do not match the config.
    """
    key = predictions_key(checkpoint, config.model.ssd, records, indices)
    saved = None if file is None else RawPredictions.load(file, key)
    if saved is not None:
        return saved
    detector = build_detector(config.model.ssd, seed=None)
    load_weights(detector.network, checkpoint / WEIGHTS_FILE)
    predictions = _predict(detector, config.model.ssd, records, indices, on_progress)
    if file is not None:
        with suppress(OSError):  # a folder that cannot be written to, or a full disk: only time is lost
            predictions.save(file, key)
    return predictions


def predictions_key(checkpoint: Path, ssd: pb.Ssd, records: RecordSet, indices: NDArray[np.int64]) -> str:
    """Return 64 hexadecimal digits that name weights, images, and the config without its suppression."""
    message = pb.Ssd()
    message.CopyFrom(ssd)
    message.post_processing.ClearField("batch_non_max_suppression")
    digest = hashlib.sha256()
    for part in (
        f"{FORMAT} {BEST_OF_A_CLASS} {LARGEST_BYTES}".encode(),
        sha256_of(checkpoint / WEIGHTS_FILE).encode(),
        records.fingerprint.encode(),
        indices.astype("<i8").tobytes(),
        message.SerializeToString(deterministic=True),
    ):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def kept_of_a_class(images: int, anchors: int, columns: int) -> int:
    """Return how many anchors of each class are kept, so that all predictions fit into `LARGEST_BYTES`."""
    count = BEST_OF_A_CLASS
    row_bytes = 4 * (4 + columns)
    while count > LEAST_OF_A_CLASS and images * min(anchors, count * columns) * row_bytes > LARGEST_BYTES:
        count //= 2
    return count


def _predict(
    detector: SsdDetector,
    ssd: pb.Ssd,
    records: RecordSet,
    indices: NDArray[np.int64],
    on_progress: Progress | None,
) -> RawPredictions:
    program = _program(detector, ssd)
    count = kept_of_a_class(len(indices), len(detector.anchors), detector.num_classes)
    rows: list[tuple[Any, Any, Any]] = []
    sizes: list[NDArray[np.int32]] = []
    for batch in evaluation_batches(records, indices=indices, batch_size=BATCH, max_boxes=1):
        boxes, scores, true_sizes = program(batch.images, batch.sizes)
        for row in np.flatnonzero(batch.indices >= 0).tolist():
            _check_finite(boxes[row], scores[row], records.name(int(batch.indices[row])))
            first = int(ssd.add_background_class)
            rows.append(keep_best(boxes[row], scores[row], first_class=first, count=count))
            sizes.append(true_sizes[row])
        if on_progress is not None:
            on_progress(len(rows), len(indices))
    width = max(len(boxes) for boxes, _, _ in rows)
    all_boxes = np.zeros((len(rows), width, 4), np.float32)
    all_scores = np.full((len(rows), width, rows[0][1].shape[1]), -np.inf, np.float32)
    for number, (boxes, scores, _) in enumerate(rows):
        all_boxes[number, : len(boxes)] = boxes
        all_scores[number, : len(boxes)] = scores
    cuts = np.stack([cut for _, _, cut in rows])
    return RawPredictions(all_boxes, all_scores, np.stack(sizes).astype(np.int32), cuts)


def _program(detector: SsdDetector, ssd: pb.Ssd) -> Callable[..., list[NDArray[Any]]]:
    """Return a program from images and sizes of a batch to boxes, scores and true sizes."""
    preprocessor = build_preprocessor(ssd.image_resizer, ())

    def predict(images: Any, sizes: Any) -> list[Any]:
        rows = images.shape[0]
        ready = preprocessor(
            images,
            sizes,
            ops.zeros((rows, 1, 4), "float32"),
            ops.zeros((rows, 1), "int32"),
            ops.zeros((rows, 1), "float32"),
            ops.zeros((rows, 0), "float32"),
            normalise=detector.normalise,
        )
        boxes, scores = detector.decode(detector.network(ready.images, training=False))
        return [boxes, scores, ready.true_sizes]

    return compiled(predict, [*detector.network.variables, *detector.values])


def _check_finite(boxes_yxyx: NDArray[np.float32], scores: NDArray[np.float32], name: str) -> None:
    if not (np.isfinite(boxes_yxyx).all() and np.isfinite(scores).all()):
        raise ModelError(
            f"{name}: a prediction for it is not finite; the weights are damaged, use another checkpoint"
        )
