"""Anchors of the classic SSD (Liu et al. 2016, arXiv:1512.02325), with increasing scales from map to map."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.model.anchors import Float32Array

PATH = "model.ssd.anchor_generator.ssd_anchor_generator"
LOWEST_MAP = ((0.1, 1.0), (None, 2.0), (None, 0.5))
"""Scale (None for the scale of the map) and aspect ratio of the anchors of a reduced lowest map."""

Shape = tuple[int, int]


def ssd_anchor_specs(message: pb.SsdAnchorGenerator) -> list[list[tuple[float, float]]]:
    """Return (scale, aspect ratio) of each anchor in a cell, for each map.

    Scales are explicit, or evenly spaced from `min_scale` to `max_scale`. A map has one anchor per aspect ratio
    and, unless `interpolated_scale_aspect_ratio` is 0, one more with this aspect ratio. Its scale is the
    geometric mean of the scales of the map and the next map (1 after the last map). With
    `reduce_boxes_in_lowest_layer` the first map has three anchors.

    Raises:
        ConfigError: There is a single map without an explicit scale.
    """
    scales = _scales(message)
    specs = []
    for index, (scale, next_scale) in enumerate(zip(scales, [*scales[1:], 1.0], strict=True)):
        if index == 0 and message.reduce_boxes_in_lowest_layer:
            specs.append([(own or scale, ratio) for own, ratio in LOWEST_MAP])
            continue
        cell = [(scale, ratio) for ratio in message.aspect_ratios]
        if message.interpolated_scale_aspect_ratio > 0:
            cell.append((math.sqrt(scale * next_scale), message.interpolated_scale_aspect_ratio))
        specs.append(cell)
    return specs


def ssd_anchors(
    message: pb.SsdAnchorGenerator, *, image_size: Shape, feature_shapes: Sequence[Shape]
) -> Float32Array:
    """Return the normalised anchors float32 `[anchors, 4]`, ordered by map, row, column, number in the cell.

    The cells of a map divide the image evenly, unless strides or offsets are set. Scales are relative to the
    shorter side of the image. Anchors are not clipped to the image.

    Args:
        message: The anchor generator.
        image_size: (height, width) of the image.
        feature_shapes: (height, width) of each map.
    """
    rows = [
        _map_anchors(message, index, cell, image_size, shape)
        for index, (cell, shape) in enumerate(zip(ssd_anchor_specs(message), feature_shapes, strict=True))
    ]
    return np.concatenate(rows)


def _scales(message: pb.SsdAnchorGenerator) -> list[float]:
    if message.scales:
        return list(message.scales)
    if message.num_layers < 2:
        raise ConfigError(f"{PATH}.num_layers = {message.num_layers}: set at least 2, or set scales")
    step = (message.max_scale - message.min_scale) / (message.num_layers - 1)
    return [message.min_scale + step * index for index in range(message.num_layers)]


def _map_anchors(
    message: pb.SsdAnchorGenerator,
    index: int,
    cell: Sequence[tuple[float, float]],
    image_size: Shape,
    shape: Shape,
) -> Float32Array:
    """Return the anchors `[height · width · cell, 4]` of one map."""
    centres_y, centres_x = (
        np.arange(cells, dtype=np.float32) * np.float32(stride) + np.float32(offset)
        for cells, (stride, offset) in zip(shape, _grid(message, index, image_size, shape), strict=True)
    )
    scales, ratios = np.array(cell, np.float32).reshape(-1, 2).T
    roots = np.sqrt(ratios)
    height, width = (np.float32(min(image_size) / side) for side in image_size)
    heights = scales / roots * np.float32(message.base_anchor_height) * height
    widths = scales * roots * np.float32(message.base_anchor_width) * width
    centres = np.stack(np.meshgrid(centres_y, centres_x, indexing="ij"), axis=-1)[:, :, None, :]
    half = np.stack([heights, widths], axis=-1) * np.float32(0.5)
    boxes: NDArray[np.float32] = np.concatenate([centres - half, centres + half], axis=-1).reshape(-1, 4)
    return boxes


def _grid(
    message: pb.SsdAnchorGenerator, index: int, image_size: Shape, shape: Shape
) -> list[tuple[float, float]]:
    """Return (stride, offset) of the centres along height and width, relative to the image.

    Strides and offsets of the config are in pixels; they are used only if they are set for both axes.
    """
    strides = [1 / cells for cells in shape]
    if message.height_stride and message.width_stride:
        pixels = message.height_stride[index], message.width_stride[index]
        strides = [stride / side for stride, side in zip(pixels, image_size, strict=True)]
    offsets = [stride / 2 for stride in strides]
    if message.height_offset and message.width_offset:
        pixels = message.height_offset[index], message.width_offset[index]
        offsets = [offset / side for offset, side in zip(pixels, image_size, strict=True)]
    return list(zip(strides, offsets, strict=True))
