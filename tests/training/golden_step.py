"""Compiled steps of the small golden models (tests/golden/README.md)."""

from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import text_format

from sweepbox.detection.checkpoint.object_based import load_object_based
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.data.augment import build_preprocessor
from sweepbox.detection.data.batches import Batch
from sweepbox.detection.model.ssd import SsdDetector, build_detector
from sweepbox.detection.training.optimizer import Optimizer, OptimizerKind
from sweepbox.detection.training.step import Program, TrainStep, build_train_step

GOLDEN = Path(__file__).parents[1] / "golden"
MOBILENET = GOLDEN / "model_mobilenet_v2_fpnlite_small"


def golden_batch(golden: Any, rows: list[int]) -> Batch:
    """Return the golden batch; a row -1 is padding."""
    images = golden["image_uint8"]
    filled = np.array(rows)
    real = (filled >= 0)[:, None]
    return Batch(
        images=np.where(real[..., None, None], images[filled], 0).astype(np.uint8),
        sizes=np.where(real, np.array(images.shape[1:3]), 1).astype(np.int32),
        boxes_yxyx=np.where(real[..., None], golden["gt_boxes"][filled], 0.0).astype(np.float32),
        class_ids=np.argmax(golden["gt_classes_onehot"][filled], axis=-1).astype(np.int32),
        weights=np.where(real, golden["gt_weights"][filled], 0.0).astype(np.float32),
        noise=np.zeros((len(rows), 0), np.float32),
        indices=filled,
    )


def golden_train_config(arrays: Any, name: str) -> pb.TrainConfig:
    """Return the optimizer and the clipping of a golden trajectory."""
    train_config = text_format.Parse(f"optimizer {{ {arrays[f'{name}/optimizer']} }}", pb.TrainConfig())
    train_config.gradient_clipping_by_norm = float(arrays[f"{name}/clip"])
    return train_config


def golden_detector(config: pb.TrainEvalPipelineConfig, folder: Path) -> SsdDetector:
    """Return a detector with the weights of the golden checkpoint."""
    detector = build_detector(config.model.ssd)
    load_object_based(detector.network, folder / "ckpt-0", config.model.ssd)
    return detector


def golden_optimizer(detector: SsdDetector, kind: OptimizerKind) -> Optimizer:
    """Return an optimizer for the weights of a detector."""
    return Optimizer(kind, detector.network.trainable_variables)


def golden_step(
    config: pb.TrainEvalPipelineConfig,
    detector: SsdDetector,
    optimizer: Optimizer,
    *,
    evaluation_group: int = 2,
) -> TrainStep:
    """Return a compiled step of a config's detector, without augmentation."""
    preprocessor = build_preprocessor(config.model.ssd.image_resizer, ())
    return build_train_step(Program(detector, preprocessor, preprocessor, optimizer, evaluation_group))
