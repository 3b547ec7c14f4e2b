"""Sweepbox's side of the comparisons: detectors with the oracle's weights, their outputs and training steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import text_format
from numpy.typing import NDArray

from sweepbox.detection.checkpoint.folder import CheckpointMetadata, write_checkpoint
from sweepbox.detection.checkpoint.keys import checkpoint_keys
from sweepbox.detection.checkpoint.object_based import load_object_based
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.label_map import load_label_map
from sweepbox.detection.config.load import load_config
from sweepbox.detection.data.batches import Batch
from sweepbox.detection.model.precision import Precision
from sweepbox.detection.model.ssd import SsdDetector, build_detector
from sweepbox.detection.training.parts import TrainingParts

Arrays = dict[str, NDArray[Any]]
LOSSES = ("localization", "classification", "regularization", "total")


def golden_arrays(folder: Path, *prefixes: str) -> Arrays:
    """Return the arrays of a golden model whose names start with one of the prefixes; all if none is given."""
    with np.load(folder / "golden.npz") as arrays:
        return {name: arrays[name] for name in arrays if not prefixes or name.startswith(prefixes)}


def golden_config(folder: Path) -> pb.TrainEvalPipelineConfig:
    """Return the config of a golden model."""
    return load_config(folder / "pipeline.config")


def golden_detector(folder: Path, config: Path | None = None) -> SsdDetector:
    """Return our detector with the weights of a golden model, built from its config or from a given variant."""
    ssd = load_config(config or folder / "pipeline.config").model.ssd
    detector = build_detector(ssd)
    load_object_based(detector.network, folder / "ckpt-0", ssd)
    return detector


def checkpoint_folder(
    detector: SsdDetector, config: pb.TrainEvalPipelineConfig, labels: Path, out: Path
) -> Path:
    """Write a Sweepbox checkpoint folder, as export and evaluation read it."""
    metadata = CheckpointMetadata(step=0, metrics={}, seed=0, precision="float32")
    label_map = load_label_map(labels)
    write_checkpoint(out, network=detector.network, config=config, label_map=label_map, metadata=metadata)
    return out


def predictions(detector: SsdDetector, images: NDArray[Any], *, training: bool = False) -> Mapping[str, Any]:
    """Return the network's raw outputs for preprocessed images."""
    outputs: Mapping[str, Any] = detector.network(images, training=training)
    return outputs


def losses(detector: SsdDetector, outputs: Mapping[str, Any], golden: Arrays) -> dict[str, float]:
    """Return the four losses for a golden model's ground truth."""
    classes = golden["gt_classes_onehot"].argmax(axis=2).astype(np.int32)
    values = detector.losses(outputs, golden["gt_boxes"], classes, golden["gt_weights"])
    return {name: float(values[name]) for name in LOSSES}


def variables_by_key(detector: SsdDetector) -> dict[str, Any]:
    """Return a detector's variables by the oracle's checkpoint keys."""
    variables = {variable.path: variable for variable in detector.network.weights}
    extractor = getattr(detector, "_ssd")  # noqa: B009 - the ssd message has no public accessor
    return {key: variables[path] for path, key in checkpoint_keys(variables, extractor).items()}


def training_batch(golden: Arrays) -> Batch:
    """Return the batch of a golden model as the training loop reads it from records: pixels and boxes."""
    images = golden["image_uint8"]
    rows, height, width = images.shape[:3]
    return Batch(
        images=images,
        sizes=np.tile(np.array([[height, width]], np.int32), (rows, 1)),
        boxes_yxyx=golden["gt_boxes"],
        class_ids=golden["gt_classes_onehot"].argmax(axis=2).astype(np.int32),
        weights=golden["gt_weights"],
        noise=np.zeros((rows, 0), np.float32),
        indices=np.arange(rows, dtype=np.int64),
    )


def training_config(folder: Path, *, optimizer: str, clip: float, frozen: bool) -> pb.TrainEvalPipelineConfig:
    """Return a golden model's config with another optimizer (proto text) and no augmentation."""
    config = golden_config(folder)
    config.model.ssd.freeze_batchnorm = frozen
    train = config.train_config
    del train.data_augmentation_options[:]
    train.gradient_clipping_by_norm = clip
    train.optimizer.CopyFrom(text_format.Parse(optimizer, pb.Optimizer()))
    return config


@dataclass(frozen=True)
class Move:
    """Norms of a variable's change in a step and of the variable before it."""

    change: float
    length: float


def trajectory(
    folder: Path, config: pb.TrainEvalPipelineConfig, golden: Arrays, steps: int
) -> tuple[dict[str, list[float]], dict[str, Move]]:
    """Return the losses of consecutive training steps by name, and each variable's first change by key."""
    parts = TrainingParts.build(config, precision=Precision.FLOAT32, seed=0)
    load_object_based(parts.detector.network, folder / "ckpt-0", config.model.ssd)
    variables = variables_by_key(parts.detector)
    before = {key: np.asarray(variable) for key, variable in variables.items()}
    batch, rows = training_batch(golden), []
    moved: dict[str, Move] = {}
    for step in range(steps):
        parts.step.train(batch, step, parts.optimizer_settings.scalars(step))
        rows.append(parts.step.take_losses().sums)
        if not moved:
            moved = {
                key: Move(_norm(np.asarray(variables[key]) - value), _norm(value))
                for key, value in before.items()
            }
    return {name: [row[name] for row in rows] for name in LOSSES}, moved


def _norm(values: NDArray[Any]) -> float:
    return float(np.linalg.norm(values.ravel()))
