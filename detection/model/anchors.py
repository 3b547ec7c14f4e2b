"""Multiscale anchors: boxes of fixed sizes around the centre of each cell of each level."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb

Float32Array = NDArray[np.float32]


def feature_shape(size: tuple[int, int], level: int) -> tuple[int, int]:
    """Return (height, width) of a level's feature map: `size` halved `level` times, rounded up."""
    height, width = size
    return math.ceil(height / 2**level), math.ceil(width / 2**level)


def boxes_per_cell(message: pb.MultiscaleAnchorGenerator) -> int:
    """Return the number of anchors per cell."""
    return len(message.aspect_ratios) * message.scales_per_octave


def multiscale_anchors(
    message: pb.MultiscaleAnchorGenerator,
    *,
    image_size: tuple[int, int],
    padded_size: tuple[int, int],
    levels: Iterable[int],
) -> Float32Array:
    """Return multiscale anchors float32 `[anchors, 4]`.

    They are ordered by level, row, column, aspect ratio, octave, and not clipped to the image.

    Args:
        message: The anchor generator. Coordinates are normalised to `image_size` if `normalize_coordinates` is
            set, in pixels otherwise.
        image_size: (height, width) of the image before padding, used for offsets and normalisation.
        padded_size: (height, width) of the padded image, used for the number of cells.
        levels: The levels.
    """
    rows = [_level_anchors(message, level, image_size, feature_shape(padded_size, level)) for level in levels]
    boxes = np.concatenate(rows)
    if not message.normalize_coordinates:
        return boxes
    height, width = image_size
    return boxes * np.array([1 / height, 1 / width, 1 / height, 1 / width], np.float32)


def _level_anchors(
    message: pb.MultiscaleAnchorGenerator, level: int, image_size: tuple[int, int], shape: tuple[int, int]
) -> Float32Array:
    """Return the anchors `[height · width · cell, 4]` of one level, in pixels."""
    centres_y, centres_x = (
        np.arange(cells, dtype=np.float32) * np.float32(2**level) + np.float32(_offset(side, level))
        for cells, side in zip(shape, image_size, strict=True)
    )
    heights, widths = _cell_sizes(message, level)
    centres = np.stack(np.meshgrid(centres_y, centres_x, indexing="ij"), axis=-1)[:, :, None, :]
    half = np.stack([heights, widths], axis=-1) * np.float32(0.5)
    boxes: NDArray[np.float32] = np.concatenate([centres - half, centres + half], axis=-1).reshape(-1, 4)
    return boxes


def _offset(side: int, level: int) -> float:
    """Return the position of the first centre: half a stride, or 0 if the stride does not divide the side."""
    return 2**level / 2 if side % 2**level == 0 else 0.0


def _cell_sizes(message: pb.MultiscaleAnchorGenerator, level: int) -> tuple[Float32Array, Float32Array]:
    """Return heights and widths `[cell]` in pixels, ordered by aspect ratio (width / height), then octave."""
    octaves = np.arange(message.scales_per_octave, dtype=np.float32) / np.float32(message.scales_per_octave)
    base = np.float32(message.anchor_scale * 2**level)
    sizes = np.exp2(octaves) * base
    roots = np.sqrt(np.array(message.aspect_ratios, np.float32))[:, None]
    return (sizes / roots).ravel(), (sizes * roots).ravel()
