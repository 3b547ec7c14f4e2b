"""An evaluator for several sets of metrics."""

from collections.abc import Sequence

from sweepbox.detection.core.detections import Detections, GroundTruth
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.metric_names import PASCAL_PREFIXES, MetricSet
from sweepbox.detection.evaluation.coco import CocoEvaluator
from sweepbox.detection.evaluation.image_matches import ImageMatches
from sweepbox.detection.evaluation.pascal import PascalEvaluator


class DetectionEvaluator:
    """Computes COCO metrics, and optionally Pascal VOC metrics, from the same images.

    See `CocoEvaluator` and `PascalEvaluator` for the rules and names.

    Args:
        label_map: The classes.
        sets: The sets of metrics; COCO metrics are always computed.
    """

    def __init__(self, label_map: LabelMap, sets: Sequence[MetricSet] = (MetricSet.COCO,)) -> None:
        pascal = [chosen for chosen in sets if chosen in PASCAL_PREFIXES]
        self._coco = CocoEvaluator(label_map)
        self._all: list[CocoEvaluator | PascalEvaluator] = [self._coco]
        if pascal:
            self._all.append(PascalEvaluator(label_map, pascal))

    def __len__(self) -> int:
        """Return the number of images added."""
        return len(self._coco)

    def add(
        self, image_id: int | str, ground_truth: GroundTruth, detections: Detections, *, height: int, width: int
    ) -> None:
        """Add one image of `height` x `width` pixels; all boxes are normalised. See `CocoEvaluator.add`."""
        for evaluator in self._all:
            evaluator.add(image_id, ground_truth, detections, height=height, width=width)

    def metrics(self) -> dict[str, float]:
        """Return the metrics of all sets."""
        return {name: value for evaluator in self._all for name, value in evaluator.metrics().items()}

    def matches(self, image_names: Sequence[str] | None = None) -> ImageMatches:
        """Return the matches of all added images by COCO's rules. See `CocoEvaluator.matches`."""
        return self._coco.matches(image_names)
