"""Boxes as the network sees them: in pixels of its input, after resizing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.config.resizers import ResizerSettings
from sweepbox.detection.diagnosis.boxes import AnnotatedBoxes


@dataclass(frozen=True, eq=False)
class ResizedBoxes:
    """The boxes of a data set after resizing.

    Attributes:
        boxes_yxyx: float64 `[boxes, 4]`, normalised to the frame of the network's input, as anchors are.
        sides_pixels: float64 `[boxes]`, side of the square of equal area, in pixels of the input.
        ratios: float64 `[boxes]`, width / height in pixels of the input.
    """

    boxes_yxyx: NDArray[np.float64]
    sides_pixels: NDArray[np.float64]
    ratios: NDArray[np.float64]

    @classmethod
    def of(cls, boxes: AnnotatedBoxes, settings: ResizerSettings) -> "ResizedBoxes":
        """Return the boxes of a data set after the resizer of a config."""
        frame = np.array(settings.output_size, np.float64)
        shown = resized_sizes(boxes.sizes, settings)[boxes.images]
        boxes_pixels = boxes.boxes_yxyx * np.concatenate([shown, shown], axis=1)
        heights, widths = (boxes_pixels[:, 2:] - boxes_pixels[:, :2]).T
        return cls(boxes_pixels / np.tile(frame, 2), np.sqrt(heights * widths), widths / heights)


def resized_sizes(sizes: NDArray[np.int64], settings: ResizerSettings) -> NDArray[np.float64]:
    """Return height and width `[images, 2]` of images inside the frame, as `Resizer.resized` does."""
    frame = np.array(settings.output_size, np.float64)
    if settings.min_dimension is None:
        return np.broadcast_to(frame, sizes.shape)
    shorter, longer = sizes.min(axis=1), sizes.max(axis=1)
    scale = np.minimum(settings.min_dimension / shorter, frame[0] / longer)
    resized: NDArray[np.float64] = np.clip(np.round(sizes * scale[:, None]), 1, frame[0])
    return resized
