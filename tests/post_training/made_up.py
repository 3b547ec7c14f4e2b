"""Predictions and annotations that are made up, so that it is known what is best for them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.detections import GroundTruth
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.model.ssd import input_size
from sweepbox.detection.post_training.annotated import AnnotatedFrame
from sweepbox.detection.post_training.raw_predictions import RawPredictions

LABELS = LabelMap.of(("with_mask", "without_mask", "mask_weared_incorrect"))
CONFIG = Path(__file__).parents[1] / "golden" / "model_mobilenet_v1_ssd_small" / "pipeline.config"
SIDE = 0.2
"""The side of a square object, relative to the image."""

Prediction = tuple[float, float, int, float]
"""Top, left, class id and score of a predicted square."""


def ssd_with(**nms: float) -> pb.Ssd:
    """Return a model's config with settings of its suppression."""
    ssd = load_config(CONFIG).model.ssd
    for name, value in nms.items():
        setattr(ssd.post_processing.batch_non_max_suppression, name, value)
    return ssd


def frame_with(objects: Sequence[tuple[float, float, int]]) -> AnnotatedFrame:
    """Return an image of 100 x 100 pixels with square objects, given by top, left and class id."""
    count = len(objects)
    return AnnotatedFrame(
        GroundTruth(
            boxes_yxyx=squares([item[:2] for item in objects]),
            class_ids=np.array([item[2] for item in objects], np.int64),
            weights=np.ones(count, np.float32),
            difficult=np.zeros(count, np.bool_),
            crowd=np.zeros(count, np.bool_),
        ),
        100,
        100,
    )


def squares(corners: Sequence[tuple[float, float]]) -> NDArray[np.float32]:
    """Return squares `[n, 4]` with these top left corners."""
    top_left = np.array(corners, np.float32).reshape(-1, 2)
    return np.concatenate([top_left, top_left + np.float32(SIDE)], axis=1)


def predictions_of(ssd: pb.Ssd, images: Sequence[Sequence[Prediction]]) -> RawPredictions:
    """Return raw predictions with the predicted squares of each image; all other scores are 0."""
    first = int(ssd.add_background_class)
    anchors = max(map(len, images))
    boxes = np.zeros((len(images), anchors, 4), np.float32)
    scores = np.zeros((len(images), anchors, first + ssd.num_classes), np.float32)
    for number, predicted in enumerate(images):
        boxes[number, : len(predicted)] = squares([item[:2] for item in predicted])
        for row, (_, _, class_id, score) in enumerate(predicted):
            scores[number, row, first + class_id - 1] = score
    sizes = np.tile(np.array(input_size(ssd.image_resizer), np.int32), (len(images), 1))
    cuts = np.full((len(images), scores.shape[2]), -np.inf, np.float32)
    return RawPredictions(boxes, scores, sizes, cuts)
