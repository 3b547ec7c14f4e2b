"""Pascal VOC metrics: goldens of the Object Detection API, hand-computed tables, the first class."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sweepbox.detection.core.detections import Detections, GroundTruth
from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.metric_names import UNDEFINED, MetricSet
from sweepbox.detection.evaluation.evaluator import DetectionEvaluator
from sweepbox.detection.evaluation.pascal import PascalEvaluator, average_precision

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = json.loads((GOLDEN / "pascal_cases.json").read_text())
MASKS = LabelMap.of(("with_mask", "without_mask", "mask_weared_incorrect"))
BOTH = (MetricSet.PASCAL, MetricSet.WEIGHTED_PASCAL)
SIDE = 256
MEAN, CLASS = "PascalBoxes_Precision/mAP@0.5IOU", "PascalBoxes_PerformanceByCategory/AP@0.5IOU/"


def truth_of(image: dict[str, Any], scale: float) -> GroundTruth:
    classes = np.asarray(image["classes"], np.int64)
    return GroundTruth(
        (np.asarray(image["boxes"], np.float64).reshape(-1, 4) / scale).astype(np.float32),
        classes,
        np.ones(len(classes), np.float32),
        np.asarray(image["difficult"], bool),
        np.zeros(len(classes), bool),
        np.asarray(image["group_of"], bool),
    )


def found_in(image: dict[str, Any], scale: float) -> Detections:
    return Detections(
        (np.asarray(image["found_boxes"], np.float64).reshape(-1, 4) / scale).astype(np.float32),
        np.asarray(image["scores"], np.float32),
        np.asarray(image["found_classes"], np.int64),
    )


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_metrics_equal_the_od_api(case: dict[str, Any]) -> None:
    evaluator = PascalEvaluator(LabelMap.of("abc"), BOTH)
    for number, image in enumerate(case["images"]):
        evaluator.add(number, truth_of(image, SIDE), found_in(image, SIDE), height=SIDE, width=SIDE)
    metrics = evaluator.metrics()
    for name, value in case["metrics"].items():  # NaN in the OD API is -1 in Sweepbox
        assert metrics[name] == pytest.approx(UNDEFINED if value is None else value, abs=1e-6), name
    missing = set(metrics) - set(case["metrics"])  # the original omits the weighted set without objects
    assert all(metrics[name] == UNDEFINED for name in missing)
    assert all(name.startswith("Weighted") for name in missing)


def test_metrics_equal_the_golden() -> None:
    inputs = np.load(GOLDEN / "metrics_inputs.npz")
    expected = json.loads((GOLDEN / "metrics_expected.json").read_text())
    evaluator = DetectionEvaluator(MASKS, (MetricSet.COCO, *BOTH))
    for number in range(int(inputs["num_images"])):
        image = {key.split("/")[1]: inputs[key] for key in inputs if key.startswith(f"{number}/")}
        height, width = map(int, image["size"])
        scale = np.array([height, width, height, width])
        classes = image["gt_classes"].astype(np.int64)
        evaluator.add(
            number,
            GroundTruth(
                (image["gt_boxes"] / scale).astype(np.float32),
                classes,
                np.ones(len(classes), np.float32),
                image["difficult"],
                image["is_crowd"],
            ),
            Detections(
                (image["det_boxes"] / scale).astype(np.float32),
                image["det_scores"],
                image["det_classes"].astype(np.int64),
            ),
            height=height,
            width=width,
        )
    metrics = evaluator.metrics()
    assert len(evaluator) == 8
    for chosen in BOTH:
        for name, value in expected[chosen.value].items():
            assert metrics[name] == pytest.approx(value, abs=1e-6), name
    assert metrics["mAP"] == pytest.approx(expected["coco_detection_metrics"]["DetectionBoxes_Precision/mAP"])


@pytest.mark.parametrize(
    ("hits", "objects", "expected"),
    [
        ([], 0, UNDEFINED),
        ([False], 0, UNDEFINED),
        ([], 3, 0.0),
        ([True], 1, 1.0),
        ([True], 2, 0.5),
        ([False, True], 1, 0.5),
        ([True, False, True], 2, (1 + 2 / 3) / 2),
        (
            [False, True, True],
            2,
            2 / 3,
        ),  # the envelope raises the precision from 1/2 to 2/3
    ],
)
def test_average_precision_by_hand(hits: list[bool], objects: int, expected: float) -> None:
    scores = np.linspace(0.9, 0.1, len(hits))
    assert average_precision(scores, np.array(hits, bool), objects) == pytest.approx(expected)
    backwards = average_precision(scores[::-1], np.array(hits[::-1], bool), objects)
    assert backwards == pytest.approx(expected)


def test_equal_scores_keep_their_order() -> None:
    scores = np.full(2, 0.5)
    assert average_precision(scores, np.array([True, False]), 1) == 1.0
    assert average_precision(scores, np.array([False, True]), 1) == 0.5


def test_the_first_class_is_evaluated_like_the_others() -> None:
    # The evaluation loop of the original pads ground truth to 100 rows. It counts each padding row as a missed
    # object of the first class, whose AP is then near 0 although all its objects are found.
    case = {"boxes": [[0, 0, 9, 9]], "classes": [1], "difficult": [False], "group_of": [False]}
    found = {"found_boxes": [[0, 0, 9, 9]], "scores": [0.9], "found_classes": [1]}
    evaluator = PascalEvaluator(MASKS)
    evaluator.add("a", truth_of(case, SIDE), found_in(found, SIDE), height=SIDE, width=SIDE)
    assert evaluator.metrics()[CLASS + "with_mask"] == evaluator.metrics()[MEAN] == 1.0


def test_label_map_with_gaps_and_other_classes() -> None:
    evaluator = PascalEvaluator(LabelMap(((2, "cat"), (7, "dog"))))
    image = {"boxes": [[0, 0, 9, 9]] * 2, "classes": [7, 5], "difficult": [0, 0], "group_of": [0, 0]}
    found = {"found_boxes": [[0, 0, 9, 9]] * 3, "scores": [0.9, 0.8, 0.7], "found_classes": [5, 7, 2]}
    evaluator.add("a", truth_of(image, SIDE), found_in(found, SIDE), height=SIDE, width=SIDE)
    assert evaluator.metrics() == {MEAN: 1.0, CLASS + "cat": UNDEFINED, CLASS + "dog": 1.0}


def test_an_image_is_added_once_and_scores_must_be_finite() -> None:
    evaluator = PascalEvaluator(MASKS)
    empty = truth_of({"boxes": [], "classes": [], "difficult": [], "group_of": []}, SIDE)
    nothing = found_in({"found_boxes": [], "scores": [], "found_classes": []}, SIDE)
    evaluator.add("a", empty, nothing, height=9, width=9)
    with pytest.raises(ValueError, match="'a' was added before"):
        evaluator.add("a", empty, nothing, height=9, width=9)
    bad = found_in({"found_boxes": [[0, 0, 1, np.inf]], "scores": [0.5], "found_classes": [1]}, SIDE)
    with pytest.raises(ModelError, match=r"'b'.*not finite"):
        evaluator.add("b", empty, bad, height=9, width=9)
    assert len(evaluator) == 1
