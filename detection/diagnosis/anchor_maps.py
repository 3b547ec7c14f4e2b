"""The anchors of a config as regular grids, and the best anchor of each box in time linear in the boxes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.extractors import feature_levels
from sweepbox.detection.config.resizers import resizer_settings
from sweepbox.detection.model.anchor_generator import anchors_of, boxes_per_cell
from sweepbox.detection.model.anchors import feature_shape

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AnchorMap:
    """The anchors of one feature map: each shape of a cell around the centre of each cell; all normalised.

    Attributes:
        centres: The centres of the rows and of the columns.
        sizes: `[cell, 2]`, height and width of the anchors of a cell.
    """

    centres: tuple[FloatArray, FloatArray]
    sizes: FloatArray

    @property
    def count(self) -> int:
        """The number of anchors."""
        return len(self.centres[0]) * len(self.centres[1]) * len(self.sizes)

    def best_iou(self, boxes_yxyx: FloatArray) -> FloatArray:
        """Return the largest IoU `[boxes]` of each box with an anchor of this map.

        Of the anchors of one shape the nearest overlaps most, along either axis.
        """
        overlap, areas = np.ones((len(boxes_yxyx), len(self.sizes))), np.ones(len(boxes_yxyx))
        for axis in (0, 1):
            low, high = boxes_yxyx[:, axis], boxes_yxyx[:, axis + 2]
            nearest = _nearest((low + high) / 2, self.centres[axis])[:, None]
            half = self.sizes[None, :, axis] / 2
            shared = np.minimum(high[:, None], nearest + half) - np.maximum(low[:, None], nearest - half)
            overlap *= np.maximum(shared, 0.0)
            areas *= high - low
        ious: FloatArray = overlap / (areas[:, None] + self.sizes.prod(axis=1) - overlap)
        best: FloatArray = ious.max(axis=1)
        return best


@dataclass(frozen=True, eq=False)
class AnchorMaps:
    """The anchors of all feature maps of a config, and the (height, width) of its input in pixels."""

    maps: tuple[AnchorMap, ...]
    input_size: tuple[int, int]

    @classmethod
    def of(cls, ssd: pb.Ssd) -> "AnchorMaps":
        """Return the anchors that the generator of a supported `model.ssd` makes.

        Raises:
            ConfigError: The resizer or the anchor generator is not supported.
        """
        size, padded, levels = _frame_of(ssd)
        shapes = [feature_shape(padded, level) for level in levels]
        cells = boxes_per_cell(ssd.anchor_generator, len(levels))
        return cls(tuple(_split(all_anchors(ssd), shapes, cells)), size)

    @property
    def count(self) -> int:
        """The number of anchors."""
        return sum(item.count for item in self.maps)

    @property
    def sides_pixels(self) -> tuple[float, float]:
        """The sides of the squares of the same area as the smallest and the largest anchor, in pixels."""
        sizes = np.concatenate([item.sizes for item in self.maps]) * self.input_size
        sides = np.sqrt(sizes.prod(axis=1))
        return float(sides.min()), float(sides.max())

    def best_iou(self, boxes_yxyx: FloatArray) -> FloatArray:
        """Return the largest IoU `[boxes]` of each normalised box `[boxes, 4]` with any anchor."""
        ious: FloatArray = np.max([item.best_iou(boxes_yxyx) for item in self.maps], axis=0)
        return ious


def all_anchors(ssd: pb.Ssd) -> NDArray[np.float32]:
    """Return the normalised anchors `[anchors, 4]` of a supported `model.ssd`, as the network has them.

    Raises:
        ConfigError: The resizer or the anchor generator is not supported.
    """
    size, padded, levels = _frame_of(ssd)
    return anchors_of(ssd.anchor_generator, image_size=size, padded_size=padded, levels=levels)


def _frame_of(ssd: pb.Ssd) -> tuple[tuple[int, int], tuple[int, int], Sequence[int]]:
    """Return (height, width) of the input, the same after padding, and the levels of the feature maps."""
    size = resizer_settings(ssd.image_resizer).output_size
    step = max(ssd.feature_extractor.pad_to_multiple, 1)
    padded = -(-size[0] // step) * step, -(-size[1] // step) * step
    return size, padded, feature_levels(ssd.feature_extractor)


def _split(
    anchors: NDArray[np.float32], shapes: Sequence[tuple[int, int]], cells: Sequence[int]
) -> list[AnchorMap]:
    """Return the maps of anchors `[anchors, 4]`, ordered by map, row, column and number in the cell."""
    maps, start = [], 0
    for (rows, columns), cell in zip(shapes, cells, strict=True):
        end = start + rows * columns * cell
        grid = anchors[start:end].reshape(rows, columns, cell, 4).astype(np.float64)
        centres = grid[:, 0, 0, [0, 2]].mean(axis=1), grid[0, :, 0, [1, 3]].mean(axis=0)
        maps.append(AnchorMap(centres, grid[0, 0, :, 2:] - grid[0, 0, :, :2]))
        start = end
    return maps


def _nearest(values: FloatArray, centres: FloatArray) -> FloatArray:
    """Return the nearest of evenly spaced centres to each value."""
    stride = centres[1] - centres[0] if len(centres) > 1 else 1.0
    places = np.rint((values - centres[0]) / stride).clip(0, len(centres) - 1)
    nearest: FloatArray = centres[places.astype(np.int64)]
    return nearest
