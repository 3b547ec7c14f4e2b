"""Compacts the object rows of a batch after options that add rows."""

from dataclasses import replace
from typing import Any

from keras import ops

from sweepbox.detection.data.augment.view import View

Tensor = Any


def compacted(view: View, *, rows: int) -> View:
    """Return the view with `rows` rows of objects: the first that are present, in their order.

    A view without more rows is returned unchanged.
    """
    given = view.present.shape[1]
    if given <= rows:
        return view
    places = ops.arange(given, dtype="int32")[None, :]
    order = ops.argsort(ops.where(view.present, places, places + given), axis=1)[:, :rows]
    order = ops.cast(order, "int32")
    return replace(
        view,
        boxes_yxyx=ops.take_along_axis(view.boxes_yxyx, order[:, :, None], axis=1),
        class_ids=ops.take_along_axis(view.class_ids, order, axis=1),
        weights=ops.take_along_axis(view.weights, order, axis=1),
        present=ops.take_along_axis(view.present, order, axis=1),
    )
