"""The classes of an exported model."""

from pathlib import Path

from sweepbox.detection.config.label_map import LABEL_MAP_FILE, load_label_map
from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.core.labels import LabelMap


def find_labels(model: Path) -> LabelMap | None:
    """Return the classes of the label map in or beside a model's folder, None where there is none.

    `model` is an export's folder or the `saved_model` folder in it.
    """
    for folder in (model, model.resolve().parent):
        if (folder / LABEL_MAP_FILE).is_file():
            return load_label_map(folder / LABEL_MAP_FILE)
    return None


def load_labels(model: Path, label_map: Path | None = None) -> LabelMap:
    """Return the classes in `label_map`, or else those that `find_labels` finds.

    ModelError where there is no such folder, or no label map in it, as the exports of the Object Detection API
    have none.
    """
    if label_map is not None:
        return load_label_map(label_map)
    if not model.is_dir():
        raise ModelError(f"{model}: there is no such folder; give the folder that `sweepbox export` wrote")
    labels = find_labels(model)
    if labels is None:
        raise ModelError(f"{model}: {LABEL_MAP_FILE} is missing; put it there or name one with --label-map")
    return labels
