"""An exported model for inference."""

from pathlib import Path
from typing import Any

import numpy as np

from sweepbox.detection.config.label_map import as_label_map
from sweepbox.detection.core.detections import Detections
from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.core.files import PlainPath, StrPath
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.inference.images import ImageSource, image_pixels
from sweepbox.detection.inference.labels import find_labels
from sweepbox.detection.inference.model_input import model_input
from sweepbox.detection.inference.thresholds import find_thresholds

SAVED_MODEL = "saved_model"
MODEL_FILE = "saved_model.pb"
SIGNATURE = "serving_default"
REQUIRED_OUTPUTS = ("detection_boxes", "detection_classes", "detection_scores", "num_detections")


class Detector:
    """A detector from a SavedModel of `sweepbox export` or of the Object Detection API, with any input type.

    Attributes:
        path: The folder with `saved_model.pb`.
        labels: The classes; None if they are unknown.
        thresholds: The operating thresholds of `thresholds.json` beside the model, by which detections are
            selected where a call gives no threshold; None if there are none.

    Args:
        model: The folder of the export, or the `saved_model` folder in it.
        labels: The classes or a label map file; by default the label map in the folder or beside it.

    Raises:
        ModelError: The model is missing or damaged, its input or outputs are not those of a detector, or its
            `thresholds.json` is damaged.
        ConfigError: The label map is malformed.

    Example:
        >>> detector = sb.Detector("model")
        >>> detector.labels.names
        ('with_mask', 'without_mask', 'mask_weared_incorrect')
        >>> found = detector("picture.jpg", threshold=0.3)
        >>> all(score >= 0.3 for score in found.scores)
        True
    """

    def __init__(self, model: StrPath, *, labels: LabelMap | StrPath | None = None) -> None:
        self.path = find_saved_model(Path(model))
        self.labels = find_labels(self.path) if labels is None else as_label_map(labels)
        self.thresholds = find_thresholds(self.path)
        # A reference to the loaded object, because it has the weights of the signature.
        self._model = _load(self.path)
        self._signature = _signature(self._model, self.path)
        self._input = model_input(self._signature, self.path)

    def __call__(self, image: ImageSource, *, threshold: float | None = None) -> Detections:
        """Return the detections in an image; the same as `detect`.

        Example:
            >>> from PIL import Image
            >>> found = sb.Detector("model")(Image.open("picture.jpg"), threshold=0.3)
            >>> len(found) == len(found.class_names)
            True
        """
        return self.detect(image, threshold=threshold)

    def detect(self, image: ImageSource, *, threshold: float | None = None) -> Detections:
        """Return the detections in an image, best score first.

        A JPEG file is decoded as in training. The pixels that Pillow decodes differ by up to 13 grey levels.

        Args:
            image: A file, a Pillow image, or an RGB array, uint8 `[height, width, 3]`. Files and Pillow images
                are rotated by their EXIF orientation.
            threshold: The lowest score of a detection, 0 to 1; 0 for all. By default each class has that of
                `thresholds`, and without these all detections are returned.

        Raises:
            DataError: The file cannot be read.
            ValueError: The array has another shape or type.

        Example:
            >>> found = sb.Detector("model").detect("picture.jpg")
            >>> list(found.scores) == sorted(found.scores, reverse=True)
            True
        """
        pixels = image_pixels(image)
        outputs = self._signature(**{self._input.name: self._input.pack(pixels)})
        found = _detections(outputs, self.labels)
        if threshold is not None:
            return found.above(threshold)
        return found if self.thresholds is None else found.above(self.thresholds)


def find_saved_model(model: Path) -> Path:
    """Return the folder with `saved_model.pb`: `model` or `model/saved_model`.

    Raises:
        ModelError: There is no such file.
    """
    for folder in (model / SAVED_MODEL, model):
        if (folder / MODEL_FILE).is_file():
            return folder
    problem = f"no {MODEL_FILE} in it or in its {SAVED_MODEL}/" if model.is_dir() else "there is no such folder"
    raise ModelError(f"{model}: {problem}; name the folder that `sweepbox export` wrote")


def _load(folder: Path) -> Any:
    """Return the loaded SavedModel; ModelError if a file is missing or damaged."""
    import tensorflow as tf
    from google.protobuf.message import DecodeError

    plain = PlainPath(folder)
    try:
        return tf.saved_model.load(str(plain.path))
    except (OSError, ValueError, LookupError, AttributeError, DecodeError, tf.errors.OpError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{folder}: the model is damaged or incomplete ({reason}); export it again") from error
    finally:
        plain.close()


def _signature(model: Any, folder: Path) -> Any:
    """Return the signature of a detector; ModelError if the model lacks it or one of its outputs."""
    signatures = getattr(model, "signatures", {})
    if SIGNATURE not in signatures:
        found = ", ".join(signatures) or "none"
        raise ModelError(f"{folder}: no signature {SIGNATURE!r} (found: {found}); export a detector")
    missing = [name for name in REQUIRED_OUTPUTS if name not in signatures[SIGNATURE].structured_outputs]
    if missing:
        raise ModelError(f"{folder}: not a detector, the model has no output {', '.join(missing)}; export one")
    return signatures[SIGNATURE]


def _detections(outputs: dict[str, Any], labels: LabelMap | None) -> Detections:
    """Return the first `num_detections` rows of the outputs for one image."""
    count = int(outputs["num_detections"][0])
    boxes, scores, classes = (
        outputs[f"detection_{name}"].numpy()[0, :count] for name in ("boxes", "scores", "classes")
    )
    return Detections(boxes, scores, classes.astype(np.int64), labels)
