"""`random_jitter_boxes`: moves the sides of the boxes a little, not the pixels."""

from typing import Any

from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.data.augment.noise import uniforms
from sweepbox.detection.data.augment.view import View
from sweepbox.detection.data.augment.view_option import Switches, Values

Tensor = Any

JITTER_COLUMNS = 4
SMALLEST_SIDE = 1e-6
"""What a side of a box counts at least, so that a box without area gets one."""

_MODES = pb.RandomJitterBoxes
_EXPAND = {_MODES.EXPAND, _MODES.EXPAND_SYMMETRIC, _MODES.EXPAND_SYMMETRIC_XY}
_SHRINK = {_MODES.SHRINK, _MODES.SHRINK_SYMMETRIC, _MODES.SHRINK_SYMMETRIC_XY}
_SOURCES = {
    _MODES.EXPAND_SYMMETRIC: (0, 1, 0, 1),
    _MODES.SHRINK_SYMMETRIC: (0, 1, 0, 1),
    _MODES.EXPAND_SYMMETRIC_XY: (0, 0, 0, 0),
    _MODES.SHRINK_SYMMETRIC_XY: (0, 0, 0, 0),
}
"""Which number of noise moves top, left, bottom and right; each its own where nothing is said."""


def jitter_boxes(view: View, noise: Tensor, values: Values, switches: Switches) -> View:
    """Return the view with each side of each box moved away from its centre or towards it, cut to the image.

    The distance from the centre is scaled by up to 1 + `ratio` (EXPAND…), down to 1 - `ratio` (SHRINK…) or both
    (DEFAULT), by one factor for each axis (…_SYMMETRIC), for both (…_SYMMETRIC_XY) or for each side.
    """
    mode = switches["jitter_mode"]
    low = 0.0 if mode in _EXPAND else -1.0
    high = 0.0 if mode in _SHRINK else 1.0
    rows = view.present.shape[1]
    drawn = [uniforms(noise[:, column], rows) for column in range(JITTER_COLUMNS)]
    uniform = ops.stack([drawn[column] for column in _SOURCES.get(mode, (0, 1, 2, 3))], axis=-1)
    factors = 1.0 + values["ratio"] * (low + uniform * (high - low))
    start, end = view.boxes_yxyx[..., :2], view.boxes_yxyx[..., 2:]
    centre = 0.5 * (start + end)
    half = 0.5 * ops.maximum(ops.abs(end - start), SMALLEST_SIDE)
    boxes = ops.concatenate([centre - half * factors[..., :2], centre + half * factors[..., 2:]], axis=-1)
    return view.with_boxes(ops.clip(boxes, 0.0, 1.0))
