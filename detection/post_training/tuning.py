"""The suppression settings of a trained detector, chosen by cross-validation on its raw predictions."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.post_training.candidates import candidates
from sweepbox.detection.post_training.measure import Criterion, Measure, Metrics
from sweepbox.detection.post_training.selection import Choice, choose
from sweepbox.detection.post_training.suppression import SuppressionSetting, Suppressor

FOLDS = 5
FEWEST_IMAGES = 4
"""The images with objects that a fold has at least; with fewer images nothing is chosen."""


@dataclass(frozen=True)
class SuppressionChoice:
    """The settings of a detector's suppression before and after the choice.

    Attributes:
        metric: What the choice was made for.
        own: The settings of the config.
        chosen: The chosen settings, equal to `own` where no other gains beyond noise.
        before: The metric with `own` on all images.
        after: The metric with `chosen` on all images. It flatters `chosen`, which was selected by them.
        gain: The gain in images that took no part in the choice, mean over the folds; see `selection.choose`.
        gain_error: The standard error of `gain`.
        tried: The number of settings.
        folds: The number of folds; 0 where the images are too few to choose.
        images: The number of images.
    """

    metric: str
    own: SuppressionSetting
    chosen: SuppressionSetting
    before: float
    after: float
    gain: float
    gain_error: float
    tried: int
    folds: int
    images: int

    @property
    def is_changed(self) -> bool:
        """Whether other settings than the config's were chosen."""
        return self.chosen != self.own

    def __str__(self) -> str:
        """Return the choice in one line."""
        if not self.folds:
            reason = f"{self.images} validation images with objects are too few to choose by"
            return f"suppression kept ({self.own}): {reason}"
        gain = f"{self.gain:+.4f} ± {self.gain_error:.4f}"
        if not self.is_changed:
            reason = f"none of {self.tried} settings gains {self.metric} beyond noise ({gain})"
            return f"suppression kept ({self.own}): {reason}"
        return (
            f"suppression: {self.chosen}, instead of {self.own}; {self.metric} {self.before:.4f} -> "
            f"{self.after:.4f} on the validation part, {gain} in images left out of the choice"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the choice as plain values, which `from_json` takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "SuppressionChoice":
        """Return the choice of plain values."""
        settings = {name: SuppressionSetting(**value[name]) for name in ("own", "chosen")}
        return cls(**{**value, **settings})


def choose_suppression(
    ssd: pb.Ssd,
    suppressor: Suppressor,
    measure: Measure,
    *,
    folds: NDArray[np.int64],
    criterion: Criterion,
    on_progress: Callable[[int, int], None] | None = None,
) -> SuppressionChoice:
    """Return the suppression settings that are best for a criterion, or the config's own.

    Another setting is chosen only where it gains beyond noise (see `selection.choose`) and violates the
    criterion's constraints not more than the config's own.

    Args:
        ssd: The config of the model.
        suppressor: Computes the detections of the images.
        measure: Compares them with the annotations.
        folds: The fold of each image, `[images]`.
        criterion: What counts as better.
        on_progress: Called with the number of finished settings and their total.

    Raises:
        TrainingError: The criterion needs a metric that an evaluation does not report.
    """
    own = SuppressionSetting.of(ssd)
    numbers = np.unique(folds)
    fewest = min(int((measure.has_objects & (folds == fold)).sum()) for fold in numbers)
    is_enough = len(numbers) > 1 and fewest >= FEWEST_IMAGES
    settings = candidates(ssd) if is_enough else (own,)
    values: list[list[float]] = []
    wholes: list[Metrics] = []
    for number, setting in enumerate(settings, start=1):
        found = suppressor.detections(setting)
        wholes.append(measure.metrics(found))
        if is_enough:
            values.append([criterion.value(measure.metrics(found, folds == fold)) for fold in numbers])
        if on_progress is not None:
            on_progress(number, len(settings))
    choice = _choice(values, wholes, criterion) if is_enough else Choice(0, 0, 0.0, 0.0)
    return SuppressionChoice(
        metric=criterion.label,
        own=own,
        chosen=settings[choice.index],
        before=criterion.value(wholes[0]),
        after=criterion.value(wholes[choice.index]),
        gain=choice.gain,
        gain_error=choice.gain_error,
        tried=len(settings),
        folds=len(numbers) if is_enough else 0,
        images=len(folds) if is_enough else int(measure.has_objects.sum()),
    )


def _choice(values: list[list[float]], wholes: list[Metrics], criterion: Criterion) -> Choice:
    violations = np.array([criterion.violation(metrics) for metrics in wholes])
    return choose(np.array(values), violations <= violations[0])
