"""The interface of options on the images of a whole batch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Tensor = Any


class FramedBatch(NamedTuple):
    """Images in the network's frame, before normalisation.

    `images` float32 `[batch, height, width, 3]`, 0..255; `boxes_yxyx` float32 `[batch, boxes, 4]`, relative to
    the frame; `class_ids` int32, 0-based, `weights` float32 and `present` bool `[batch, boxes]`; `true_sizes`
    int32 `[batch, 2]`: height and width of the image in the frame; `inside` bool `[batch, height, width, 1]`:
    pixels that are not overwritten with the padding's value after normalisation, None: all pixels.
    """

    images: Tensor
    boxes_yxyx: Tensor
    class_ids: Tensor
    weights: Tensor
    present: Tensor
    true_sizes: Tensor
    inside: Tensor | None


@dataclass(frozen=True)
class BatchOption:
    """An option on a framed batch, noise `[batch, columns]`, dynamic values and static switches."""

    columns: int
    apply: Callable[[FramedBatch, Tensor, Mapping[str, Tensor], Mapping[str, Any]], FramedBatch]


@dataclass(frozen=True)
class SourceOption:
    """An option on the images as read, before resizing.

    `apply` takes uint8 `[batch, canvas height, canvas width, 3]`, true sizes int32 `[batch, 2]`, noise
    `[batch, columns]`, dynamic values and static switches, and returns such images.
    """

    columns: int
    apply: Callable[[Tensor, Tensor, Tensor, Mapping[str, Tensor], Mapping[str, Any]], Tensor]
