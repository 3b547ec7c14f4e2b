"""`thresholds.json`: the score from which a detection of each class counts, beside an exported model."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.core.files import write_json
from sweepbox.detection.core.json_text import read_json

THRESHOLDS_FILE = "thresholds.json"


@dataclass(frozen=True)
class ClassThreshold:
    """The threshold of one class, and what it gives on the images it was chosen on.

    Attributes:
        id: The class id, 1-based.
        name: The name of the class.
        threshold: The lowest score of a detection, 0 to 1.
        basis: Whether it was chosen by the objects of the `class`, or by those of `all classes` where these are
            too few.
        objects: The number of annotated objects.
        precision: The share of detections at the threshold that are right; None without a detection.
        recall: The share of objects that are found; None without an object.
        f1: The harmonic mean of both; None without an object.
        f1_held_out: The F1 of images that took no part in the choice (cross-validation); None if not measured.
    """

    id: int
    name: str
    threshold: float
    basis: str
    objects: int
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    f1_held_out: float | None = None


@dataclass(frozen=True)
class OperatingThresholds:
    """The lowest score of a detection, by class.

    Attributes:
        rule: What the thresholds were chosen for: `best F1` or `precision at least 0.9`.
        iou: The IoU from which a detection is right.
        images: The number of images on which they were chosen.
        default: The threshold of any other class.
        classes: The threshold of each class.

    Example:
        >>> thresholds = sb.Detector("model").thresholds
        >>> thresholds is None or 0 <= thresholds.default <= 1
        True
    """

    rule: str
    iou: float
    images: int
    default: float
    classes: tuple[ClassThreshold, ...]

    def of(self, class_ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the threshold `[n]` of each class id `[n]`."""
        known = {item.id: item.threshold for item in self.classes}
        return np.array([known.get(class_id, self.default) for class_id in class_ids.tolist()], np.float32)

    def __str__(self) -> str:
        """Return the thresholds for people."""
        return f"{', '.join(f'{item.name} {item.threshold:.3g}' for item in self.classes)} ({self.rule})"

    def to_json(self) -> dict[str, Any]:
        """Return the thresholds as plain values, which `from_json` takes."""
        return {**asdict(self), "classes": [asdict(item) for item in self.classes]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any], *, source: str) -> "OperatingThresholds":
        """Return the thresholds of plain values; ModelError, naming `source`, where they are malformed."""
        try:
            classes = tuple(ClassThreshold(**item) for item in value["classes"])
            found = cls(**{**value, "classes": classes})
            scores = [float(score) for score in (found.default, *(item.threshold for item in classes))]
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise ModelError(f"{source}: damaged ({error}); export the model again or delete it") from None
        for score in scores:
            if not (math.isfinite(score) and 0 <= score <= 1):
                raise ModelError(
                    f"{source}: a threshold is {score:g}; give a value of at least 0 and at most 1"
                )
        return found

    def save(self, folder: Path) -> None:
        """Write `thresholds.json` into a folder, atomically."""
        write_json(folder / THRESHOLDS_FILE, self.to_json())


def read_thresholds(path: Path) -> OperatingThresholds:
    """Return the thresholds in a file; ModelError where it is malformed."""
    try:
        value = read_json(path)
    except ValueError as error:
        raise ModelError(f"{path}: damaged ({error}); export the model again or delete it") from None
    return OperatingThresholds.from_json(value, source=str(path))
