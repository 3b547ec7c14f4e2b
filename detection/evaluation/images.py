"""Checks and conversions of images that all evaluators use."""

from collections.abc import Container, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.detections import Detections
from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.core.labels import LabelMap


def check_image(image_id: int | str, added: Container[int | str], detections: Detections) -> None:
    """Check that an image can be added.

    Raises:
        ValueError: The image was added before.
        ModelError: A box or score of a detection is not finite.
    """
    if image_id in added:
        raise ValueError(f"image {image_id!r} was added before; add every image once")
    if not (np.isfinite(detections.boxes_yxyx).all() and np.isfinite(detections.scores).all()):
        raise ModelError(
            f"image {image_id!r}: a box or score of a detection is not finite; "
            "the weights are damaged, use another checkpoint"
        )


def pixel_boxes(boxes_yxyx: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Convert normalised boxes `[n, 4]` to pixels, in single precision.

    The Object Detection API uses single precision, which affects the metrics: from the same normalised
    coordinates, a box of 32 x 32 pixels, COCO's limit between small and medium, has an area of 1024 in single
    precision but 1023.9997 in double precision.
    """
    return boxes_yxyx.astype(np.float32) * np.array([height, width, height, width], np.float32)


def joined(parts: Iterable[NDArray[Any]], dtype: type) -> NDArray[Any]:
    """Concatenate the arrays `[n]` of all images; without images, return an empty array of `dtype`."""
    return np.concatenate([np.zeros(0, dtype), *parts])


def class_columns(label_map: LabelMap, class_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the position of each class id `[n]` among the label map's classes; -1 for an unknown id."""
    ids = np.array(label_map.ids)
    column = np.minimum(np.searchsorted(ids, class_ids), len(ids) - 1)
    return np.where(ids[column] == class_ids, column, -1)


def xywh_pixels(boxes_yxyx: NDArray[np.float32], height: int, width: int) -> NDArray[np.float64]:
    """Return normalised boxes `[n, 4]` as `[x, y, width, height]` in pixels; see `pixel_boxes`."""
    top, left, bottom, right = pixel_boxes(boxes_yxyx, height, width).T
    return np.stack([left, top, right - left, bottom - top], axis=-1).astype(np.float64)
