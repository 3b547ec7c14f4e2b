"""The annotated objects and the detections of one image."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


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

    Raises:
        ValueError: The shapes do not match.
    """

    boxes_yxyx: NDArray[np.float32]
    scores: NDArray[np.float32]
    class_ids: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Check the shapes."""
        count = len(self.scores)
        _checked("boxes_yxyx", self.boxes_yxyx, (count, 4))
        _checked("scores", self.scores, (count,))
        _checked("class_ids", self.class_ids, (count,))

    def __len__(self) -> int:
        """Return the number of detections."""
        return len(self.scores)

    def above(self, threshold: float) -> "Detections":
        """Return the detections whose score is at least `threshold`."""
        keep = self.scores >= threshold
        return Detections(self.boxes_yxyx[keep], self.scores[keep], self.class_ids[keep])


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

    def __len__(self) -> int:
        """Return the number of objects."""
        return len(self.class_ids)
