"""What every evaluator holds of the images that it takes in."""

from collections.abc import Container, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.detections import Detections
from sweepbox.detection.core.errors import ModelError


def check_image(image_id: int | str, taken: Container[int | str], detections: Detections) -> None:
    """Raise ValueError for an image taken in before, ModelError for a detection that is not finite."""
    if image_id in taken:
        raise ValueError(f"image {image_id!r} was added before; every image counts once")
    if not (np.isfinite(detections.boxes_yxyx).all() and np.isfinite(detections.scores).all()):
        raise ModelError(
            f"image {image_id!r}: a detection has a box or score that is not finite; "
            "the weights are damaged, use another checkpoint"
        )


def pixel_boxes(boxes_yxyx: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Return normalised boxes `[n, 4]` in the pixels of an image, computed in single precision.

    The Object Detection API computes them so, and it matters: a box of 32 x 32 pixels has an area of 1024 in
    single precision, where COCO's small and medium sizes part, but of 1023.9997 from the same normalised
    coordinates in double precision.
    """
    return boxes_yxyx.astype(np.float32) * np.array([height, width, height, width], np.float32)


def joined(parts: Iterable[NDArray[Any]], dtype: type) -> NDArray[Any]:
    """Return arrays `[n]` of all images as one; an empty one of `dtype` without any."""
    return np.concatenate([np.zeros(0, dtype), *parts])
