"""What every evaluator holds of the images that it takes in."""

from collections.abc import Container

import numpy as np

from detection.core.detections import Detections
from detection.core.errors import ModelError


def check_image(image_id: int | str, taken: Container[int | str], detections: Detections) -> None:
    """Raise ValueError for an image taken in before, ModelError for a detection that is not finite."""
    if image_id in taken:
        raise ValueError(f"image {image_id!r} was added before; every image counts once")
    if not (np.isfinite(detections.boxes_yxyx).all() and np.isfinite(detections.scores).all()):
        raise ModelError(
            f"image {image_id!r}: a detection has a box or score that is not finite; "
            "the weights are damaged, use another checkpoint"
        )
