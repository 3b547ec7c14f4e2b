"""How many boxes of each class augmentation keeps, by running it on the sizes and boxes of some images."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.diagnosis.boxes import AnnotatedBoxes

IMAGES = 96
"""About how many images are tried, equally many of each class as far as there are."""
DRAWS = 4
LARGEST_SIDE = 256
"""Larger images are shrunk for the trial: what augmentation keeps depends on proportions."""
FRAME = pb.ImageResizer(fixed_shape_resizer=pb.FixedShapeResizer(height=32, width=32))
"""The pixels are not looked at, so they need not be many."""


def survival(
    options: Sequence[pb.PreprocessingStep], boxes: AnnotatedBoxes, *, seed: int = 0
) -> NDArray[np.float64]:
    """Return the share of the boxes of each class, `[classes]`, that augmentation keeps.

    The training's own preprocessor runs on blank images of the sizes of a sample of the data, with their boxes,
    each with four draws of random numbers.

    Raises:
        ConfigError: An option is not supported.
    """
    from sweepbox.detection.data.augment import build_preprocessor

    preprocessor = build_preprocessor(FRAME, options)
    random = np.random.default_rng(seed)
    rows = np.repeat(_sample(boxes, random), DRAWS)
    sizes, placed, classes, weights = _batch(boxes, rows)
    canvas = sizes.max(axis=0)
    made = preprocessor(
        np.zeros((len(rows), *canvas, 3), np.uint8),
        sizes,
        placed,
        classes,
        weights,
        random.random((len(rows), preprocessor.noise_columns), np.float32),
        normalise=lambda images: images,
    )
    kept = (np.asarray(made.weights) > 0) & (np.asarray(made.boxes_yxyx) != 0).any(axis=-1)
    before = np.bincount(classes[weights > 0], minlength=len(boxes.names))
    after = np.bincount(np.asarray(made.class_ids)[kept], minlength=len(boxes.names))[: len(boxes.names)]
    return np.where(before > 0, after / np.maximum(before, 1), 1.0)


def _sample(boxes: AnnotatedBoxes, random: np.random.Generator) -> NDArray[np.int64]:
    """Return rows of images, among them some of each class."""
    chosen: set[int] = set()
    each = max(IMAGES // len(boxes.names), 1)
    for counts in boxes.per_image_and_class.T:
        with_class = np.flatnonzero(counts)
        chosen |= {*random.permutation(with_class)[:each].tolist()}
    return np.array(sorted(chosen), np.int64)


def _batch(
    boxes: AnnotatedBoxes, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int32], NDArray[np.float32]]:
    """Return sizes, boxes, 0-based classes and weights of images, with rows of zeros after their objects."""
    scale = np.minimum(LARGEST_SIDE / boxes.sizes[rows].max(axis=1), 1.0)
    sizes = np.maximum(np.rint(boxes.sizes[rows] * scale[:, None]), 1).astype(np.int32)
    most = int(boxes.per_image[rows].max())
    placed = np.zeros((len(rows), most, 4), np.float32)
    classes, weights = np.zeros((len(rows), most), np.int32), np.zeros((len(rows), most), np.float32)
    starts = np.searchsorted(boxes.images, rows)
    for place, (start, count) in enumerate(zip(starts, boxes.per_image[rows], strict=True)):
        own = slice(start, start + count)
        placed[place, :count] = boxes.boxes_yxyx[own]
        classes[place, :count] = boxes.classes[own]
        weights[place, :count] = 1.0
    return sizes, placed, classes, weights
