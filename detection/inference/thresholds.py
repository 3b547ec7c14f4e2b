"""The operating thresholds of an exported model."""

from pathlib import Path

from sweepbox.detection.core.thresholds import THRESHOLDS_FILE, OperatingThresholds, read_thresholds


def find_thresholds(model: Path) -> OperatingThresholds | None:
    """Return the thresholds in a model's folder or beside it, or None if there are none.

    `model` is the folder of an export or the `saved_model` folder in it.

    Raises:
        ModelError: The file is damaged.
    """
    for folder in (model, model.resolve().parent):
        if (folder / THRESHOLDS_FILE).is_file():
            return read_thresholds(folder / THRESHOLDS_FILE)
    return None
