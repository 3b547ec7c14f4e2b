"""Exported models, each loaded once: loading takes longer than what most tests ask of them."""

import functools
from pathlib import Path
from typing import Any

from sweepbox.detection.inference.detector import Detector


@functools.cache
def loaded(folder: Path) -> Any:
    """Return the SavedModel in the folder of an export."""
    import tensorflow as tf

    return tf.saved_model.load(str(folder / "saved_model"))


@functools.cache
def detector_of(folder: Path) -> Detector:
    """Return the detector on an export."""
    return Detector(folder)
