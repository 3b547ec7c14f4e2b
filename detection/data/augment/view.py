"""The part of each image that is looked at, and how: an integer window, mirrored or not."""

from dataclasses import dataclass, replace
from typing import Any

from keras import ops

Tensor = Any


@dataclass(frozen=True)
class View:
    """A window into every image of a batch, with the boxes as seen through it.

    `top`, `left`, `height`, `width` int32 `[batch]`, in pixels of the source; `mirrored_y`, `mirrored_x` bool
    `[batch]`: the window is mirrored after it is cut. `boxes_yxyx` float32 `[batch, boxes, 4]`, normalised to
    the view as it is shown; `present` bool `[batch, boxes]`: an object stands in the row and is still in view.
    """

    top: Tensor
    left: Tensor
    height: Tensor
    width: Tensor
    mirrored_y: Tensor
    mirrored_x: Tensor
    boxes_yxyx: Tensor
    present: Tensor

    def mirror_x(self, chosen: Tensor) -> "View":
        """Return the view mirrored left to right where `chosen` `[batch]` says so."""
        top, left, bottom, right = ops.unstack(self.boxes_yxyx, 4, axis=-1)
        mirrored = ops.stack([top, 1.0 - right, bottom, 1.0 - left], axis=-1)
        boxes = ops.where(chosen[:, None, None], mirrored, self.boxes_yxyx)
        return replace(self, mirrored_x=ops.logical_xor(self.mirrored_x, chosen), boxes_yxyx=boxes)

    def mirror_y(self, chosen: Tensor) -> "View":
        """Return the view mirrored top to bottom where `chosen` `[batch]` says so."""
        top, left, bottom, right = ops.unstack(self.boxes_yxyx, 4, axis=-1)
        mirrored = ops.stack([1.0 - bottom, left, 1.0 - top, right], axis=-1)
        boxes = ops.where(chosen[:, None, None], mirrored, self.boxes_yxyx)
        return replace(self, mirrored_y=ops.logical_xor(self.mirrored_y, chosen), boxes_yxyx=boxes)

    def narrowed(self, top: Tensor, left: Tensor, height: Tensor, width: Tensor) -> "View":
        """Return the view of a window given in pixels of this view as it is shown; boxes stay as they are."""
        from_bottom = self.height - top - height
        from_right = self.width - left - width
        return replace(
            self,
            top=self.top + ops.where(self.mirrored_y, from_bottom, top),
            left=self.left + ops.where(self.mirrored_x, from_right, left),
            height=height,
            width=width,
        )


def whole_images(sizes: Tensor, boxes_yxyx: Tensor) -> View:
    """Return the view of whole images of `sizes` int32 `[batch, 2]`; a box of four zeros is padding."""
    zeros = ops.zeros_like(sizes[:, 0])
    never = ops.zeros_like(zeros, dtype="bool")
    present = ops.any(boxes_yxyx != 0.0, axis=-1)
    return View(zeros, zeros, sizes[:, 0], sizes[:, 1], never, never, boxes_yxyx, present)
