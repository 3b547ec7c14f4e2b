"""The annotated objects and the detections of one image."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.thresholds import OperatingThresholds


def _checked(name: str, value: NDArray[np.generic], shape: tuple[int, ...]) -> None:
    if value.shape != shape:
        raise ValueError(f"{name} has shape {value.shape}, expected {shape}")


@dataclass(frozen=True, eq=False)
class Detections:
    """The detections of one image, best score first.

    Attributes:
        boxes_yxyx: float32 `[n, 4]`, normalised to the image.
        scores: float32 `[n]` in 0..1.
        class_ids: int64 `[n]`, 1-based.
        labels: Names the classes, where they are known.
        at_thresholds: Whether only those at the model's operating thresholds are left.

    Raises:
        ValueError: The shapes do not match.

    Example:
        >>> found = sb.Detector("model")("picture.jpg")
        >>> found.boxes_yxyx.shape == (len(found), 4)
        True
        >>> sorted(set(found.class_names)) == sorted(found.labels.name_of(id_) for id_ in set(found.class_ids))
        True
        >>> len(found.above(1.1))
        0
    """

    boxes_yxyx: NDArray[np.float32]
    scores: NDArray[np.float32]
    class_ids: NDArray[np.int64]
    labels: LabelMap | None = None
    at_thresholds: bool = False

    def __post_init__(self) -> None:
        """Check the shapes."""
        count = len(self.scores)
        _checked("boxes_yxyx", self.boxes_yxyx, (count, 4))
        _checked("scores", self.scores, (count,))
        _checked("class_ids", self.class_ids, (count,))

    def __len__(self) -> int:
        """Return the number of detections."""
        return len(self.scores)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The name of each detection's class; `class ID` where it is not known."""
        names = {} if self.labels is None else dict(self.labels.items)
        return tuple(names.get(class_id, f"class {class_id}") for class_id in self.class_ids.tolist())

    def above(self, threshold: float | OperatingThresholds) -> "Detections":
        """Return the detections whose score is at least the threshold, or that of their class."""
        least = threshold.of(self.class_ids) if isinstance(threshold, OperatingThresholds) else threshold
        keep = self.scores >= least
        return replace(
            self,
            boxes_yxyx=self.boxes_yxyx[keep],
            scores=self.scores[keep],
            class_ids=self.class_ids[keep],
            at_thresholds=self.at_thresholds or isinstance(threshold, OperatingThresholds),
        )


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """The annotated objects of one image.

    Attributes:
        boxes_yxyx: float32 `[n, 4]`, normalised to the image.
        class_ids: int64 `[n]`, 1-based.
        weights: float32 `[n]`.
        difficult: bool `[n]`.
        crowd: bool `[n]`.
        group_of: bool `[n]`, one box around several objects; all False by default.
    """

    boxes_yxyx: NDArray[np.float32]
    class_ids: NDArray[np.int64]
    weights: NDArray[np.float32]
    difficult: NDArray[np.bool_]
    crowd: NDArray[np.bool_]
    group_of: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))

    def __post_init__(self) -> None:
        """Check the shapes."""
        count = len(self.class_ids)
        if not self.group_of.size:
            object.__setattr__(self, "group_of", np.zeros(count, np.bool_))
        _checked("boxes_yxyx", self.boxes_yxyx, (count, 4))
        for name in ("class_ids", "weights", "difficult", "crowd", "group_of"):
            _checked(name, getattr(self, name), (count,))

    def select(self, keep: "NDArray[np.bool_] | slice") -> "GroundTruth":
        """Return the objects that a mask `[n]` or a slice selects."""
        return GroundTruth(
            self.boxes_yxyx[keep],
            self.class_ids[keep],
            self.weights[keep],
            self.difficult[keep],
            self.crowd[keep],
            self.group_of[keep],
        )

    def __len__(self) -> int:
        """Return the number of objects."""
        return len(self.class_ids)
