"""The names of metrics: our short names and those of the Object Detection API."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from sweepbox.detection.core.errors import ConfigError

SUMMARY_NAMES = (
    "mAP",
    "mAP@.50",
    "mAP@.75",
    "mAP (small)",
    "mAP (medium)",
    "mAP (large)",
    "AR@1",
    "AR@10",
    "AR@100",
    "AR@100 (small)",
    "AR@100 (medium)",
    "AR@100 (large)",
)
"""The twelve metrics of pycocotools in its order; areas of 32² and 96² pixels separate small, medium, large."""

CLASS_METRICS = ("AP", "AP@.50")
LOSS_METRICS = ("loss/total", "loss/localization", "loss/classification", "loss/regularization")

UNDEFINED = -1.0
"""The value of a metric without ground truth, as in pycocotools; never NaN."""


class MetricSet(StrEnum):
    """The sets of metrics; the values are those of the config's `eval_config.metrics_set`."""

    COCO = "coco_detection_metrics"
    PASCAL = "pascal_voc_detection_metrics"
    WEIGHTED_PASCAL = "weighted_pascal_voc_detection_metrics"


PASCAL_PREFIXES = {MetricSet.PASCAL: "PascalBoxes_", MetricSet.WEIGHTED_PASCAL: "WeightedPascalBoxes_"}
"""The prefixes of the Pascal metrics, which have no short names."""

_PASCAL_MEAN = "Precision/mAP@0.5IOU"
_PASCAL_CLASS = "PerformanceByCategory/AP@0.5IOU/"
_COCO_CLASS = "DetectionBoxes_PerformanceByCategory/mAP/"
_ORIGINAL_NAMES = {
    **{name: f"DetectionBoxes_Precision/{name}" for name in SUMMARY_NAMES if name.startswith("mAP")},
    **{name: f"DetectionBoxes_Recall/{name}" for name in SUMMARY_NAMES if name.startswith("AR")},
    "mAP@.50": "DetectionBoxes_Precision/mAP@.50IOU",
    "mAP@.75": "DetectionBoxes_Precision/mAP@.75IOU",
    **{name: f"Loss/{name.partition('/')[2]}_loss" for name in LOSS_METRICS},
}
_OWN_NAMES = {original: own for own, original in _ORIGINAL_NAMES.items()}


def own_name(name: str) -> str:
    """Return our name of a metric; names that are not the Object Detection API's are returned unchanged."""
    if name.startswith(_COCO_CLASS):
        return f"AP/{name.removeprefix(_COCO_CLASS)}"
    return _OWN_NAMES.get(name, name)


def original_names(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return the metrics that the Object Detection API also has, under its names.

    It has no name for a class's AP at IoU .50 (`AP@.50/NAME`).
    """
    renamed = {name: _original_name(name) for name in metrics}
    return {original: metrics[name] for name, original in renamed.items() if original is not None}


def _original_name(name: str) -> str | None:
    if name.startswith("AP/"):
        return _COCO_CLASS + name.removeprefix("AP/")
    is_pascal = name.startswith(tuple(PASCAL_PREFIXES.values()))
    return name if is_pascal else _ORIGINAL_NAMES.get(name)


def pascal_names(metric_set: MetricSet, class_names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of a set of Pascal metrics: the mean, then one for each class."""
    prefix = PASCAL_PREFIXES[metric_set]
    return (prefix + _PASCAL_MEAN, *(f"{prefix}{_PASCAL_CLASS}{name}" for name in class_names))


def metric_sets(names: Iterable[str]) -> tuple[MetricSet, ...]:
    """Return the distinct sets in a config's `metrics_set`; COCO's, which is always computed, comes first.

    ConfigError for an unknown name.
    """
    asked = []
    for name in names:
        if name not in tuple(MetricSet):
            known = " or ".join(repr(choice.value) for choice in MetricSet)
            raise ConfigError(f"eval_config.metrics_set: {name!r} is not supported; use {known}")
        asked.append(MetricSet(name))
    return tuple(dict.fromkeys((MetricSet.COCO, *asked)))


def reported_names(class_names: Iterable[str], sets: Iterable[MetricSet]) -> tuple[str, ...]:
    """Return our names of all metrics that a validation reports for these classes."""
    classes, sets = tuple(class_names), set(sets)
    by_class = [f"{kind}/{name}" for name in classes for kind in CLASS_METRICS]
    pascal = [name for chosen in PASCAL_PREFIXES if chosen in sets for name in pascal_names(chosen, classes)]
    return (*SUMMARY_NAMES, *by_class, *LOSS_METRICS, *pascal)
