"""What detections are worth on annotated images, on all of them or on some."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.detections import Detections
from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.metric_names import MetricSet
from sweepbox.detection.evaluation.evaluator import DetectionEvaluator
from sweepbox.detection.evaluation.image_matches import ImageMatches
from sweepbox.detection.post_training.annotated import AnnotatedFrame
from sweepbox.detection.post_training.operating_point import ScoredHits
from sweepbox.detection.runner.checkpoint_evaluation import CheckpointEvaluation

Metrics = Mapping[str, float]
_ALL_SIZES, _IOU_50 = 0, 0


@dataclass(frozen=True)
class Criterion:
    """What counts as better.

    Attributes:
        label: The name of the metric, for people.
        value: Returns a number of which more is better, from the metrics of an evaluation.
        violation: Returns how much constraints are violated, 0 where they are met.
    """

    label: str = "mAP"
    value: Callable[[Metrics], float] = lambda metrics: metrics["mAP"]
    violation: Callable[[Metrics], float] = lambda metrics: 0.0  # noqa: ARG005 - there are no constraints

    @classmethod
    def metric(cls, name: str) -> "Criterion":
        """Return the criterion of one metric; its value raises UsageError where it is not reported."""

        def value(metrics: Metrics) -> float:
            if name not in metrics:
                known = ", ".join(metrics)
                raise UsageError(
                    f"metric {name!r} does not depend on suppression or is unknown; use one of {known}"
                )
            return metrics[name]

        return cls(name, value)


@dataclass(frozen=True, eq=False)
class Measure:
    """Compares detections with the annotations of a set of images.

    Attributes:
        frames: The annotations.
        label_map: The classes.
        sets: The sets of metrics; those of COCO are always computed.
    """

    frames: Sequence[AnnotatedFrame]
    label_map: LabelMap
    sets: Sequence[MetricSet] = (MetricSet.COCO,)

    @property
    def has_objects(self) -> NDArray[np.bool_]:
        """Whether each image has an object, bool `[images]`."""
        return np.array([len(frame.ground_truth) > 0 for frame in self.frames], np.bool_)

    def metrics(
        self, detections: Sequence[Detections], chosen: NDArray[np.bool_] | None = None
    ) -> dict[str, float]:
        """Return the metrics of the detections in all images, or in those that `chosen` `[images]` marks."""
        return self._evaluator(detections, self.sets, chosen).metrics()

    def evaluation(self, detections: Sequence[Detections], image_names: Sequence[str]) -> CheckpointEvaluation:
        """Return the metrics of the detections in all images, and the matches of each; names are unique."""
        evaluator = self._evaluator(detections, self.sets)
        return CheckpointEvaluation(evaluator.metrics(), evaluator.matches(image_names))

    def scored_hits(self, detections: Sequence[Detections]) -> list[ScoredHits]:
        """Return the detections of each class and what they hit; see `scored_hits`."""
        return scored_hits(self._evaluator(detections, (MetricSet.COCO,)).matches())

    def _evaluator(
        self,
        detections: Sequence[Detections],
        sets: Sequence[MetricSet],
        chosen: NDArray[np.bool_] | None = None,
    ) -> DetectionEvaluator:
        evaluator = DetectionEvaluator(self.label_map, sets)
        numbers = range(len(self.frames)) if chosen is None else np.flatnonzero(chosen).tolist()
        for number in numbers:
            frame = self.frames[number]
            evaluator.add(
                number, frame.ground_truth, detections[number], height=frame.height, width=frame.width
            )
        return evaluator


def scored_hits(matches: ImageMatches) -> list[ScoredHits]:
    """Return the detections of each class and what they hit at an IoU of 0.5, in the label map's order.

    The matches are COCO's; detections of crowds are left out.
    """
    found = []
    for column, rows in enumerate(matches.rows_by_class()):
        counted = ~matches.ignored[_ALL_SIZES, _IOU_50, rows]
        found.append(
            ScoredHits(
                matches.scores[rows][counted],
                matches.matched[_ALL_SIZES, _IOU_50, rows][counted],
                matches.image_index[rows][counted],
                matches.num_objects[_ALL_SIZES, column],
            )
        )
    return found
