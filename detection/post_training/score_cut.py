"""What a `score_threshold` above 0 costs in an evaluation."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.support.post_processing import NMS, cutting_threshold
from sweepbox.detection.core.detections import Detections
from sweepbox.detection.post_training.measure import Measure
from sweepbox.detection.post_training.suppression import SuppressionSetting, Suppressor

WITHOUT = 1e-8
NOTICED = 0.001
"""The cost in mAP from which a threshold is reported."""


@dataclass(frozen=True)
class ScoreCut:
    """The mAP with and without the score threshold of a config.

    Attributes:
        score_threshold: The threshold of the config.
        with_threshold: The mAP on the validation part with it.
        without: The mAP with a threshold of 1e-8.
    """

    score_threshold: float
    with_threshold: float
    without: float

    @property
    def cost(self) -> float:
        """The mAP that the threshold costs."""
        return self.without - self.with_threshold

    def __str__(self) -> str:
        """Return the cost and the remedy in one line."""
        return (
            f"{NMS}.score_threshold = {self.score_threshold:g} cuts detections off before the evaluation: "
            f"it costs {self.cost:.4f} mAP ({self.with_threshold:.4f} with it, {self.without:.4f} without); "
            "set it to 1e-8, and choose by score where the detections are used"
        )

    def to_json(self) -> dict[str, float]:
        """Return the values and `cost` as plain values."""
        return {**asdict(self), "cost": self.cost}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "ScoreCut":
        """Return the values of `to_json`."""
        return cls(**{name: value[name] for name in ("score_threshold", "with_threshold", "without")})


def score_cut(
    ssd: pb.Ssd,
    suppressor: Suppressor,
    measure: Measure,
    setting: SuppressionSetting,
    found: Sequence[Detections],
) -> ScoreCut | None:
    """Return what the score threshold of a setting costs in mAP; None where it costs less than 0.001.

    Args:
        ssd: The config of the model.
        suppressor: Computes the detections of the images.
        measure: Compares them with the annotations.
        setting: The suppression.
        found: The detections of the setting.
    """
    if cutting_threshold(setting.applied(ssd)) is None:
        return None
    without = suppressor.detections(replace(setting, score_threshold=WITHOUT))
    cut = ScoreCut(setting.score_threshold, measure.metrics(found)["mAP"], measure.metrics(without)["mAP"])
    return cut if cut.cost >= NOTICED else None
