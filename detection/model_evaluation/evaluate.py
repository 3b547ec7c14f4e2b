"""Evaluation of an exported model: its detections on annotated images are compared with the annotations."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.metric_names import MetricSet, original_names
from sweepbox.detection.data.class_fit import ClassFit
from sweepbox.detection.data.dropped import Dropped
from sweepbox.detection.evaluation.evaluator import DetectionEvaluator
from sweepbox.detection.inference.detector import Detector
from sweepbox.detection.inference.labels import load_labels
from sweepbox.detection.model_evaluation.annotated_images import annotated_images


@dataclass(frozen=True)
class ModelEvaluation:
    """COCO and Pascal VOC metrics of a model; see `detection.evaluation` for the rules.

    Attributes:
        images: The number of images.
        label_map: The classes.
        metrics: Metrics by name; -1 for a class without annotated objects, which does not count in the means.
        notes: Lines for the user about annotated objects that are not used.
    """

    images: int
    label_map: LabelMap
    metrics: dict[str, float]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return `mAP`, `mAP@.50`, `AP` and `AP@.50` by class, `images`, and all metrics in `metrics`.

        The latter have the Object Detection API's names: `DetectionBoxes_Precision/mAP`,
        `PascalBoxes_PerformanceByCategory/AP@0.5IOU/NAME` …
        """
        return {
            "mAP": self.metrics["mAP"],
            "mAP@.50": self.metrics["mAP@.50"],
            "AP": {name: self.metrics[f"AP/{name}"] for name in self.label_map.names},
            "AP@.50": {name: self.metrics[f"AP@.50/{name}"] for name in self.label_map.names},
            "images": self.images,
            "metrics": original_names(self.metrics),
        }


def evaluate_model(
    model: Path,
    data: str | Path,
    *,
    split: str = "validation",
    label_map: Path | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> ModelEvaluation:
    """Evaluate an exported model on annotated images.

    Args:
        model: The folder of an exported model.
        data: A Pascal VOC folder (all annotated images, with boxes clipped as `prepare` does), a folder or
            the URI of records, a TFRecord file or a glob pattern of TFRecord files.
        split: The part of a folder of records: `train`, `validation` or `test`.
        label_map: A label map to use instead of the model's own.
        on_progress: Called with the number of images done.

    Raises:
        DataError: A class is unknown to the model, a file is missing or damaged, or there is no object.

    Example:
        >>> evaluate_model(Path("runs/quickstart/export"), "records").metrics["mAP@.50"]
    """
    labels = load_labels(model, label_map)
    detector = Detector(model, labels=labels)
    evaluator = DetectionEvaluator(labels, tuple(MetricSet))
    kept: Counter[str] = Counter()
    dropped: Dropped = Counter()
    for number, image in enumerate(annotated_images(data, labels, split=split), start=1):
        height, width = image.pixels.shape[:2]
        kept.update(labels.name_of(class_id) for class_id in image.ground_truth.class_ids.tolist())
        dropped += image.dropped
        found = detector.detect(image.pixels, threshold=0.0)  # whatever the operating thresholds
        evaluator.add(number, image.ground_truth, found, height=height, width=width)
        if on_progress is not None:
            on_progress(number)
    if not len(evaluator):
        raise DataError(f"{data}: there is no image to evaluate; name annotated images")
    notes = ClassFit(str(data), labels, kept, dropped).check()
    return ModelEvaluation(len(evaluator), labels, evaluator.metrics(), notes)
