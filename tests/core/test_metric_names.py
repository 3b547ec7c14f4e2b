import pytest

from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.core.metric_names import (
    SUMMARY_NAMES,
    MetricSet,
    metric_sets,
    original_names,
    own_name,
    reported_names,
)

COCO, PASCAL, WEIGHTED = MetricSet


@pytest.mark.parametrize(
    ("original", "own"),
    [
        ("DetectionBoxes_Precision/mAP", "mAP"),
        ("DetectionBoxes_Precision/mAP@.50IOU", "mAP@.50"),
        ("DetectionBoxes_Precision/mAP@.75IOU", "mAP@.75"),
        ("DetectionBoxes_Precision/mAP (small)", "mAP (small)"),
        ("DetectionBoxes_Recall/AR@100 (large)", "AR@100 (large)"),
        ("DetectionBoxes_PerformanceByCategory/mAP/a/b c", "AP/a/b c"),
        ("Loss/total_loss", "loss/total"),
        ("Loss/localization_loss", "loss/localization"),
        ("PascalBoxes_Precision/mAP@0.5IOU", "PascalBoxes_Precision/mAP@0.5IOU"),
    ],
)
def test_both_names_of_a_metric(original: str, own: str) -> None:
    assert own_name(original) == own_name(own) == own
    assert original_names({own: 0.5}) == {original: 0.5}


def test_class_ap50_has_no_od_api_name() -> None:
    assert original_names({"AP@.50/cat": 0.5, "anything": 0.5}) == {}
    assert own_name("anything") == "anything"


def test_all_twelve_coco_metrics_have_od_api_names() -> None:
    assert len(original_names(dict.fromkeys(SUMMARY_NAMES, 0.5))) == 12


def test_coco_is_always_included() -> None:
    assert metric_sets([]) == (COCO,)
    assert metric_sets(["pascal_voc_detection_metrics"] * 2) == (COCO, PASCAL)
    with pytest.raises(ConfigError, match=r"'nonsense' is not supported; use 'coco_detection_metrics' or "):
        metric_sets(["nonsense"])


def test_reported_names_depend_on_the_metric_sets() -> None:
    assert "PascalBoxes_Precision/mAP@0.5IOU" not in reported_names(["cat"], [COCO])
    both = reported_names(["cat"], [COCO, WEIGHTED])
    assert {"mAP", "AP/cat", "AP@.50/cat", "loss/total"} < set(both)
    assert both[-1] == "WeightedPascalBoxes_PerformanceByCategory/AP@0.5IOU/cat"
