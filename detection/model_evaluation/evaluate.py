"""The measure of an exported model: its detections on annotated pictures against the annotations."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.metric_names import MetricSet, original_names
from sweepbox.detection.evaluation.evaluator import DetectionEvaluator
from sweepbox.detection.inference.detector import Detector
from sweepbox.detection.inference.labels import load_labels
from sweepbox.detection.model_evaluation.annotated_images import annotated_images


@dataclass(frozen=True)
class ModelEvaluation:
    """COCO and Pascal VOC metrics of a model on `images` pictures; see `detection.evaluation` for the rules.

    A class without annotated objects has the value -1 and stays out of the means.
    """

    images: int
    label_map: LabelMap
    metrics: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """Return `mAP`, `mAP@.50`, `AP` and `AP@.50` by class, `images`, and in `metrics` all that is known.

        Those have the Object Detection API's names: `DetectionBoxes_Precision/mAP`,
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
    """Measure an exported model on annotated pictures.

    `model` is the folder of an export; its label map is used unless `label_map` names another. `data` is a
    Pascal VOC folder (all annotated pictures, boxes clipped as `prepare` does), a folder of records (its files
    of `split`), a TFRecord file or a glob pattern of such. `on_progress` is called with the number of pictures
    done. DataError for a class that the model does not know, and for anything missing or damaged.
    """
    labels = load_labels(model, label_map)
    detector = Detector(model, labels=labels)
    evaluator = DetectionEvaluator(labels, tuple(MetricSet))
    for number, image in enumerate(annotated_images(data, labels, split=split), start=1):
        height, width = image.pixels.shape[:2]
        evaluator.add(number, image.ground_truth, detector.detect(image.pixels), height=height, width=width)
        if on_progress is not None:
            on_progress(number)
    return ModelEvaluation(len(evaluator), labels, evaluator.metrics())
