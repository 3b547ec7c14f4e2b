"""The options that change the classes of objects or drop objects, without changing pixels.

Labels are the 1-based class ids of the label map.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from keras import ops

from sweepbox.detection.data.augment.noise import uniforms
from sweepbox.detection.data.augment.view import View
from sweepbox.detection.data.augment.view_option import ViewOption

Tensor = Any


def remap_labels(view: View, _: Tensor, values: Mapping[str, Tensor], switches: Mapping[str, Any]) -> View:
    """Return the view with the objects of the classes `original_labels` relabelled as `new_label`."""
    new = _class_id(values["new_label"])
    renamed = ops.zeros_like(view.present)
    for place in range(switches["original_labels"]):
        is_one = ops.equal(view.class_ids, _class_id(values[f"original_labels[{place}]"]))
        renamed = ops.logical_or(renamed, is_one)
    return replace(view, class_ids=ops.where(renamed, new, view.class_ids))


def drop_label(view: View, noise: Tensor, values: Mapping[str, Tensor], _: Mapping[str, Any]) -> View:
    """Return the view without objects of the class `label`, each dropped with `drop_probability`.

    One column of noise.
    """
    unlucky = uniforms(noise[:, 0], view.present.shape[1]) < values["drop_probability"]
    dropped = ops.logical_and(unlucky, ops.equal(view.class_ids, _class_id(values["label"])))
    return replace(view, present=ops.logical_and(view.present, ops.logical_not(dropped)))


def _class_id(label: Tensor) -> Tensor:
    """Return the 0-based class id of a label, int32."""
    return ops.cast(ops.round(label), "int32") - 1


LABEL_OPTIONS: dict[str, ViewOption] = {
    "remap_labels": ViewOption(0, remap_labels),
    "drop_label_probabilistically": ViewOption(1, drop_label),
}
