"""What detections are worth on annotated images, on all of them or on some."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.detections import Detections
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.metric_names import MetricSet
from sweepbox.detection.evaluation.evaluator import DetectionEvaluator
from sweepbox.detection.evaluation.images import joined
from sweepbox.detection.evaluation.pascal import match
from sweepbox.detection.post_training.annotated import AnnotatedFrame
from sweepbox.detection.post_training.operating_point import ScoredHits

Metrics = Mapping[str, float]


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
        evaluator = DetectionEvaluator(self.label_map, self.sets)
        numbers = range(len(self.frames)) if chosen is None else np.flatnonzero(chosen).tolist()
        for number in numbers:
            frame = self.frames[number]
            evaluator.add(
                number, frame.ground_truth, detections[number], height=frame.height, width=frame.width
            )
        return evaluator.metrics()

    def scored_hits(self, detections: Sequence[Detections]) -> list[ScoredHits]:
        """Return the detections of each class and what they hit at an IoU of 0.5, in the label map's order."""
        class_ids, scores, hits, images = [], [], [], []
        for number, (frame, found) in enumerate(zip(self.frames, detections, strict=True)):
            rows, right = match(frame.ground_truth, found, height=frame.height, width=frame.width)
            class_ids.append(found.class_ids[rows])
            scores.append(found.scores[rows].astype(np.float64))
            hits.append(right)
            images.append(np.full(len(rows), number, np.int64))
        all_ids, all_images = joined(class_ids, np.int64), joined(images, np.int64)
        all_scores, all_hits = joined(scores, np.float64), joined(hits, np.bool_)

        def of(class_id: int) -> ScoredHits:
            rows = all_ids == class_id
            objects = self._objects(class_id)
            return ScoredHits(all_scores[rows], all_hits[rows], all_images[rows], objects)

        return [of(class_id) for class_id in self.label_map.ids]

    def _objects(self, class_id: int) -> NDArray[np.int64]:
        """Return the number of objects of a class to be found in each image."""
        truths = [frame.ground_truth for frame in self.frames]
        return np.array(
            [((truth.class_ids == class_id) & ~truth.difficult).sum() for truth in truths], np.int64
        )
