"""Arithmetic on boxes `[ymin, xmin, ymax, xmax]` in NumPy, for code outside the compiled model."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]


def area(boxes_yxyx: FloatArray) -> FloatArray:
    """Return the areas `[n]` of boxes `[n, 4]`; an inverted box has area 0."""
    height = np.maximum(boxes_yxyx[..., 2] - boxes_yxyx[..., 0], 0.0)
    width = np.maximum(boxes_yxyx[..., 3] - boxes_yxyx[..., 1], 0.0)
    return np.asarray(height * width)


def pairwise_intersection(first_yxyx: FloatArray, second_yxyx: FloatArray) -> FloatArray:
    """Return the areas of overlap `[n, m]` of boxes `[n, 4]` with boxes `[m, 4]`."""
    top_left = np.maximum(first_yxyx[:, None, :2], second_yxyx[None, :, :2])
    bottom_right = np.minimum(first_yxyx[:, None, 2:], second_yxyx[None, :, 2:])
    return np.asarray(np.prod(np.maximum(bottom_right - top_left, 0.0), axis=-1))


def pairwise_iou(first_yxyx: FloatArray, second_yxyx: FloatArray) -> FloatArray:
    """Return intersection over union `[n, m]`; 0 where boxes do not overlap, empty boxes included."""
    intersection = pairwise_intersection(first_yxyx, second_yxyx)
    union = area(first_yxyx)[:, None] + area(second_yxyx)[None, :] - intersection
    return np.asarray(np.divide(intersection, union, out=np.zeros_like(intersection), where=intersection > 0))


def clip(boxes_yxyx: FloatArray, window_yxyx: FloatArray) -> FloatArray:
    """Return boxes `[n, 4]` cut to a window `[4]`; boxes outside it become empty on its edge."""
    low = np.asarray(window_yxyx)[[0, 1, 0, 1]]
    high = np.asarray(window_yxyx)[[2, 3, 2, 3]]
    return np.asarray(np.clip(boxes_yxyx, low, high), dtype=boxes_yxyx.dtype)


def change_frame(boxes_yxyx: FloatArray, window_yxyx: FloatArray) -> FloatArray:
    """Return boxes `[n, 4]` re-expressed so that the window `[4]` covers 0..1."""
    window = np.asarray(window_yxyx)
    scale = np.array([window[2] - window[0], window[3] - window[1]] * 2)
    return np.asarray((boxes_yxyx - window[[0, 1, 0, 1]]) / scale, dtype=boxes_yxyx.dtype)
