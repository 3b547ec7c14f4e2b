"""The visible part of each image of a batch: windows, mirrored or rotated, and the frames around them.

A view is a window into a frame. The lowest frame is the image as read; a padding, a change of scale or a
repetition adds a new frame on top of the current window (`Layer`). Everything is separable:
rows and columns are mapped independently, so a view is a pair of windows and a layer a pair of `AxisLayer`.
"""

from dataclasses import dataclass, replace
from typing import Any

from keras import ops

from sweepbox.detection.data.augment.select import select

Tensor = Any


@dataclass(frozen=True)
class AxisWindow:
    """The lines `[start, start + length)` of a frame along one axis; `mirrored`: shown in reverse order.

    `start`, `length` int32 `[batch]`, `mirrored` bool `[batch]`.
    """

    start: Tensor
    length: Tensor
    mirrored: Tensor

    def narrowed(self, start: Tensor, length: Tensor) -> "AxisWindow":
        """Return the window of a part given in lines of this window as it is shown."""
        from_end = self.length - start - length
        return replace(self, start=self.start + ops.where(self.mirrored, from_end, start), length=length)

    def mirror(self, chosen: Tensor) -> "AxisWindow":
        """Return the window in reverse order where `chosen` `[batch]` is true."""
        return replace(self, mirrored=ops.logical_xor(self.mirrored, chosen))

    def placed(self, lines: Tensor) -> Tensor:
        """Return lines `[batch, n]` of the window, whole or fractional, as lines of its frame."""
        start, last = (ops.cast(side, lines.dtype)[:, None] for side in (self.start, self.length - 1))
        return start + ops.where(self.mirrored[:, None], last - lines, lines)

    def found(self, lines: Tensor) -> Tensor:
        """Return lines of the frame as lines of the window; the inverse of `placed`."""
        start, last = (ops.cast(side, lines.dtype)[:, None] for side in (self.start, self.length - 1))
        return ops.where(self.mirrored[:, None], last - (lines - start), lines - start)


@dataclass(frozen=True)
class AxisLayer:
    """The mapping of a frame's lines to the window beneath it, along one axis.

    Line p of the frame is line `(p - offset) * ratio` of the window; past `repeat_from` the window is
    repeated. `offset` int32, `ratio` float32, `repeat_from` int32, all `[batch]` or None if they do not apply.
    """

    window: AxisWindow
    offset: Tensor | None = None
    ratio: Tensor | None = None
    repeat_from: Tensor | None = None


@dataclass(frozen=True)
class Layer:
    """A frame on a window; `padded`: the frame may reach beyond the window, where a colour fills it."""

    rows: AxisLayer
    columns: AxisLayer
    padded: bool = False


@dataclass(frozen=True)
class View:
    """A window into every image of a batch, with the objects as seen through it.

    `rows`, `columns`: the window; `layers`: the frames beneath it, the lowest first; `transposed` bool
    `[batch]`: rows of the view are columns of the image as read. `boxes_yxyx` float32
    `[batch, boxes, 4]`, normalised to the view as it is shown; `class_ids` int32 `[batch, boxes]`, 0-based;
    `weights` float32 `[batch, boxes]`; `present` bool `[batch, boxes]`: the row has an object that is
    still in view.
    """

    rows: AxisWindow
    columns: AxisWindow
    layers: tuple[Layer, ...]
    transposed: Tensor
    boxes_yxyx: Tensor
    class_ids: Tensor
    weights: Tensor
    present: Tensor

    @property
    def height(self) -> Tensor:
        """The height in pixels of the view, int32 `[batch]`."""
        return self.rows.length

    @property
    def width(self) -> Tensor:
        """The width in pixels of the view, int32 `[batch]`."""
        return self.columns.length

    def mirror_x(self, chosen: Tensor) -> "View":
        """Return the view mirrored left to right where `chosen` `[batch]` is true."""
        top, left, bottom, right = ops.unstack(self.boxes_yxyx, 4, axis=-1)
        mirrored = ops.stack([top, 1.0 - right, bottom, 1.0 - left], axis=-1)
        boxes = select(chosen, mirrored, self.boxes_yxyx)
        return replace(self, columns=self.columns.mirror(chosen), boxes_yxyx=boxes)

    def mirror_y(self, chosen: Tensor) -> "View":
        """Return the view mirrored top to bottom where `chosen` `[batch]` is true."""
        top, left, bottom, right = ops.unstack(self.boxes_yxyx, 4, axis=-1)
        mirrored = ops.stack([1.0 - bottom, left, 1.0 - top, right], axis=-1)
        boxes = select(chosen, mirrored, self.boxes_yxyx)
        return replace(self, rows=self.rows.mirror(chosen), boxes_yxyx=boxes)

    def transpose(self, chosen: Tensor) -> "View":
        """Return the view with rows and columns exchanged where `chosen` `[batch]` is true."""
        top, left, bottom, right = ops.unstack(self.boxes_yxyx, 4, axis=-1)
        turned = ops.stack([left, top, right, bottom], axis=-1)
        layers = tuple(
            replace(
                layer,
                rows=select(chosen, layer.columns, layer.rows),
                columns=select(chosen, layer.rows, layer.columns),
            )
            for layer in self.layers
        )
        return replace(
            self,
            rows=select(chosen, self.columns, self.rows),
            columns=select(chosen, self.rows, self.columns),
            layers=layers,
            transposed=ops.logical_xor(self.transposed, chosen),
            boxes_yxyx=select(chosen, turned, self.boxes_yxyx),
        )

    def narrowed(self, top: Tensor, left: Tensor, height: Tensor, width: Tensor) -> "View":
        """Return the view of a window given in pixels of this view as it is shown; boxes stay as they are."""
        return replace(self, rows=self.rows.narrowed(top, height), columns=self.columns.narrowed(left, width))

    def with_boxes(self, boxes_yxyx: Tensor) -> "View":
        """Return the view with other boxes of the same objects."""
        return replace(self, boxes_yxyx=boxes_yxyx)

    def framed(self, layer: Layer, height: Tensor, width: Tensor) -> "View":
        """Return the view of a whole frame of this size, which `layer` lays on this view; boxes stay."""
        rows, columns = _whole(height), _whole(width)
        return replace(self, rows=rows, columns=columns, layers=(*self.layers, layer))


def whole_images(
    sizes: Tensor, boxes_yxyx: Tensor, class_ids: Tensor | None = None, weights: Tensor | None = None
) -> View:
    """Return the view of whole images of `sizes` int32 `[batch, 2]`; a box of four zeros is padding.

    By default objects have class 0 and weight 1.
    """
    present = ops.any(boxes_yxyx != 0.0, axis=-1)
    return View(
        rows=_whole(sizes[:, 0]),
        columns=_whole(sizes[:, 1]),
        layers=(),
        transposed=ops.zeros_like(sizes[:, 0], dtype="bool"),
        boxes_yxyx=boxes_yxyx,
        class_ids=ops.zeros_like(present, dtype="int32") if class_ids is None else class_ids,
        weights=ops.ones_like(present, dtype="float32") if weights is None else weights,
        present=present,
    )


def _whole(length: Tensor) -> AxisWindow:
    return AxisWindow(ops.zeros_like(length), length, ops.zeros_like(length, dtype="bool"))
