"""An exported model, ready to detect."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.detections import Detections
from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.inference.images import read_image
from sweepbox.detection.inference.model_input import model_input

SAVED_MODEL = "saved_model"
MODEL_FILE = "saved_model.pb"
SIGNATURE = "serving_default"
REQUIRED_OUTPUTS = ("detection_boxes", "detection_classes", "detection_scores", "num_detections")


class Detector:
    """A detector out of a SavedModel, of `sweepbox export` or of the Object Detection API, of any input type.

    `model` is the export's folder or the `saved_model` folder in it. `labels` names the classes and only
    travels along. Raises ModelError where there is no such model, where it is damaged, or where it takes or
    gives something else than detectors do.
    """

    def __init__(self, model: Path, *, labels: LabelMap | None = None) -> None:
        self.path = find_saved_model(Path(model))
        self.labels = labels
        # The loaded object owns the weights and must live as long as its signature.
        self._model = _load(self.path)
        self._signature = _signature(self._model, self.path)
        self._input = model_input(self._signature, self.path)

    def detect(self, image: NDArray[np.uint8] | Path, *, threshold: float = 0.0) -> Detections:
        """Return what stands in an RGB image `[height, width, 3]` or a picture's file, best score first.

        Only detections with a score of at least `threshold`. A file is turned upright as its EXIF orientation
        asks. DataError for a file that cannot be read, ValueError for an array of another shape or type.
        """
        pixels = read_image(image) if isinstance(image, Path) else image
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
            raise ValueError(
                f"the image is {pixels.dtype} {list(pixels.shape)}, expected uint8 [height, width, 3]"
            )
        outputs = self._signature(**{self._input.name: self._input.pack(pixels)})
        return _detections(outputs).above(threshold)


def find_saved_model(model: Path) -> Path:
    """Return the folder with `saved_model.pb`: `model` itself or its `saved_model/`; ModelError without one."""
    for folder in (model / SAVED_MODEL, model):
        if (folder / MODEL_FILE).is_file():
            return folder
    problem = f"no {MODEL_FILE} in it or in its {SAVED_MODEL}/" if model.is_dir() else "there is no such folder"
    raise ModelError(f"{model}: {problem}; give the folder that `sweepbox export` wrote")


def _load(folder: Path) -> Any:
    """Return the loaded SavedModel; ModelError where a file of it is missing or damaged."""
    import tensorflow as tf
    from google.protobuf.message import DecodeError

    try:
        return tf.saved_model.load(str(folder))
    except (OSError, ValueError, LookupError, AttributeError, DecodeError, tf.errors.OpError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{folder}: the model is damaged or incomplete ({reason}); export it again") from error


def _signature(model: Any, folder: Path) -> Any:
    """Return the signature of detectors; ModelError where the model lacks it or an output of it."""
    signatures = getattr(model, "signatures", {})
    if SIGNATURE not in signatures:
        there = ", ".join(signatures) or "none"
        raise ModelError(f"{folder}: no signature {SIGNATURE!r} (there: {there}); export a detector")
    missing = [name for name in REQUIRED_OUTPUTS if name not in signatures[SIGNATURE].structured_outputs]
    if missing:
        raise ModelError(f"{folder}: the model gives no {', '.join(missing)}, so it is no detector; export one")
    return signatures[SIGNATURE]


def _detections(outputs: dict[str, Any]) -> Detections:
    """Return the existing rows of a model's outputs for one image."""
    count = int(outputs["num_detections"][0])
    boxes, scores, classes = (
        outputs[f"detection_{name}"].numpy()[0, :count] for name in ("boxes", "scores", "classes")
    )
    return Detections(boxes, scores, classes.astype(np.int64))
