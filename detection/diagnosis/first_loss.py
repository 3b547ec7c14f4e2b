"""The classification loss of a detector that has not been trained, computed on the boxes of a data set."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.resizers import resizer_settings
from sweepbox.detection.diagnosis.anchor_maps import all_anchors
from sweepbox.detection.diagnosis.boxes import AnnotatedBoxes
from sweepbox.detection.diagnosis.resized import ResizedBoxes

IMAGES = 48
"""At most so many images are matched with the anchors."""
BATCHES = 200
"""The batches that are drawn of these images."""


def first_classification_loss(
    config: pb.TrainEvalPipelineConfig, boxes: AnnotatedBoxes, *, bias: float, seed: int = 0
) -> float:
    """Return the classification loss to expect at the first step.

    An untrained detector has nearly the same logits at every anchor: the initial bias of its class head. With
    these logits, the config's own matcher and loss are computed on images without augmentation. The sums of
    drawn batches are divided by the batch's matched anchors where the config does so; the mean is returned.

    Args:
        config: A config with a supported `model.ssd`.
        boxes: The data.
        bias: The logits.
        seed: Seed of the images and batches.

    Raises:
        ConfigError: The resizer, the anchors or the loss are not supported.
    """
    random = np.random.default_rng(seed)
    rows = random.permutation(len(boxes.sizes))[:IMAGES]
    sums, matched = _per_image(config.model.ssd, boxes, rows, bias)
    batches = random.integers(len(rows), size=(BATCHES, max(config.train_config.batch_size, 1)))
    losses = sums[batches].sum(axis=1)
    if config.model.ssd.normalize_loss_by_num_matches:
        losses /= np.maximum(matched[batches].sum(axis=1), 1.0)
    return float(losses.mean())


def _per_image(
    ssd: pb.Ssd, boxes: AnnotatedBoxes, rows: NDArray[np.int64], bias: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the sum of the losses and the matched anchors of each image, each `[images]`."""
    from sweepbox.detection.model.box_coder import BoxCoder
    from sweepbox.detection.model.losses import DetectionLoss
    from sweepbox.detection.model.targets import TargetAssigner
    from sweepbox.detection.model.values import READERS

    values = {name: np.float32(read(ssd)) for name, read in READERS.items()}
    assign = TargetAssigner.of(ssd, values, BoxCoder.of(ssd.box_coder.faster_rcnn_box_coder))
    loss = replace(DetectionLoss.of(ssd, values), normalize_by_matches=False)
    anchors = all_anchors(ssd)
    placed = ResizedBoxes.of(boxes, resizer_settings(ssd.image_resizer)).boxes_yxyx
    codes = np.zeros((1, len(anchors), 4), np.float32)
    columns = ssd.num_classes + int(ssd.add_background_class)
    logits = np.full((1, len(anchors), columns), bias, np.float32)
    sums, matched = np.zeros(len(rows)), np.zeros(len(rows))
    for place, row in enumerate(rows.tolist()):
        own = boxes.images == row
        # An empty box without weight has no effect: an image has at least one.
        yxyx = np.concatenate([placed[own], np.zeros((1, 4))]).astype(np.float32)
        classes = np.append(boxes.classes[own], 0).astype(np.int32)
        weights = np.append(np.ones(own.sum()), 0).astype(np.float32)
        targets = assign(anchors, yxyx[None], classes[None], weights[None])
        _, classification = loss(codes, logits, targets, anchors)
        sums[place] = np.asarray(classification).sum()
        matched[place] = np.asarray(targets.box_weights).sum()
    return sums, matched
