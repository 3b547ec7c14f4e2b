"""The classes of an exported model."""

from pathlib import Path

from sweepbox.detection.config.label_map import LABEL_MAP_FILE, load_label_map
from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.core.labels import LabelMap


def find_labels(model: Path) -> LabelMap | None:
    """Return the classes of the label map in a model's folder or beside it, or None if there is none.

    `model` is the folder of an export or the `saved_model` folder in it.
    """
    for folder in (model, model.resolve().parent):
        if (folder / LABEL_MAP_FILE).is_file():
            return load_label_map(folder / LABEL_MAP_FILE)
    return None


def load_labels(model: Path, label_map: Path | None = None) -> LabelMap:
    """Return the classes in `label_map`, or else those of `find_labels`.

    Raises:
        ModelError: The folder of the model does not exist, or it has no label map, as is the case for exports
            of the Object Detection API.
    """
    if label_map is not None:
        return load_label_map(label_map)
    if not model.is_dir():
        raise ModelError(f"{model}: there is no such folder; name the folder that `sweepbox export` wrote")
    labels = find_labels(model)
    if labels is None:
        raise ModelError(f"{model}: {LABEL_MAP_FILE} is missing; add it or name one with --label-map")
    return labels
