"""New frames around a view: with a margin, of another size, or with the view repeated."""

from dataclasses import replace
from typing import Any

from keras import ops

from sweepbox.detection.data.augment.select import select
from sweepbox.detection.data.augment.view import AxisLayer, Layer, View

Tensor = Any


def integer_below(uniform: Tensor, count: Tensor) -> Tensor:
    """Return integers in 0..count-1 (0 where the count is below 1) for noise in [0, 1), as float32."""
    count = ops.cast(count, "float32")
    return ops.maximum(ops.minimum(ops.floor(uniform * count), count - 1.0), 0.0)


def whole(number: Tensor) -> Tensor:
    """Return float32 numbers truncated to int32."""
    return ops.cast(number, "int32")


def sides(view: View) -> tuple[Tensor, Tensor]:
    """Return height and width of a view as float32 `[batch]`."""
    return ops.cast(view.height, "float32"), ops.cast(view.width, "float32")


def padded(view: View, *, top: Tensor, left: Tensor, height: Tensor, width: Tensor) -> View:
    """Return frames of `height`, `width` with the view at `top`, `left`, its objects moved; int32 `[batch]`."""
    layer = Layer(AxisLayer(view.rows, offset=top), AxisLayer(view.columns, offset=left), padded=True)
    boxes = moved(view.boxes_yxyx, old=(view.height, view.width), shift=(top, left), new=(height, width))
    return replace(view.framed(layer, height, width), boxes_yxyx=boxes)


def moved(
    boxes_yxyx: Tensor, *, old: tuple[Tensor, Tensor], shift: tuple[Tensor, Tensor], new: tuple[Tensor, Tensor]
) -> Tensor:
    """Return boxes of an `old` size (height, width) relative to a `new` frame in which it lies at `shift`."""
    scale, offset, frame = (
        ops.stack([*pair, *pair], axis=-1)[:, None, :]
        for pair in (tuple(ops.cast(side, "float32") for side in pair) for pair in (old, shift, new))
    )
    return (boxes_yxyx * scale + offset) / frame


def rescaled(view: View, height: Tensor, width: Tensor, *, align_corners: bool = False) -> View:
    """Return frames of another size, int32 `[batch]`, that the view fills; boxes stay.

    With `align_corners` the first and the last lines of both coincide, otherwise only the first.
    """
    less = 1.0 if align_corners else 0.0
    ratios = []
    for old, new in ((view.height, height), (view.width, width)):
        span = ops.maximum(ops.cast(new, "float32") - less, 1.0)
        ratios.append((ops.cast(old, "float32") - less) / span)
    layer = Layer(AxisLayer(view.rows, ratio=ratios[0]), AxisLayer(view.columns, ratio=ratios[1]))
    return view.framed(layer, height, width)


def repeated(view: View, *, downwards: Tensor, across: Tensor) -> View:
    """Return frames that hold the view twice, one below and beside the other where bool `[batch]` is true.

    Rows of objects become four times as many: those of the view, of the one below, and both of the ones beside.
    """
    height = ops.where(downwards, 2 * view.height, view.height)
    width = ops.where(across, 2 * view.width, view.width)
    layer = Layer(
        AxisLayer(view.rows, repeat_from=view.height), AxisLayer(view.columns, repeat_from=view.width)
    )
    framed = view.framed(layer, height, width)
    return _with_copies(_with_copies(framed, downwards, axis=0), across, axis=1)


def _with_copies(view: View, chosen: Tensor, *, axis: int) -> View:
    """Return the view with its objects in the first half of an axis, and again in the second, where chosen."""
    along = [1.0, 0.0, 1.0, 0.0] if axis == 0 else [0.0, 1.0, 0.0, 1.0]
    along = ops.convert_to_tensor(along, dtype="float32")
    first = select(chosen, view.boxes_yxyx * (1.0 - 0.5 * along), view.boxes_yxyx)
    again = ops.logical_and(view.present, chosen[:, None])
    return replace(
        view,
        boxes_yxyx=ops.concatenate([first, first + 0.5 * along], axis=1),
        class_ids=ops.concatenate([view.class_ids, view.class_ids], axis=1),
        weights=ops.concatenate([view.weights, view.weights], axis=1),
        present=ops.concatenate([view.present, again], axis=1),
    )


def within_frame(view: View) -> View:
    """Return the view with its boxes cut to the frame, without objects that lie entirely outside."""
    top, left, bottom, right = ops.unstack(view.boxes_yxyx, 4, axis=-1)
    stays = (top < 1.0) & (left < 1.0) & (bottom > 0.0) & (right > 0.0)
    return replace(view, boxes_yxyx=ops.clip(view.boxes_yxyx, 0.0, 1.0), present=view.present & stays)
