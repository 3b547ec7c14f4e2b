"""COCO metrics: a golden of the Object Detection API, hand-computed cases, and agreement with pycocotools."""

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from sweepbox.detection.core.detections import Detections, GroundTruth
from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.metric_names import SUMMARY_NAMES, UNDEFINED
from sweepbox.detection.evaluation import matching
from sweepbox.detection.evaluation.coco import CocoEvaluator

GOLDEN = Path(__file__).parents[1] / "golden"
MASKS = LabelMap.of(("with_mask", "without_mask", "mask_weared_incorrect"))


def truth(
    boxes: ArrayLike,
    class_ids: ArrayLike,
    *,
    crowd: ArrayLike | None = None,
    difficult: ArrayLike | None = None,
) -> GroundTruth:
    class_ids = np.asarray(class_ids, np.int64)
    count = len(class_ids)
    flags = [np.zeros(count, bool) if flag is None else np.asarray(flag, bool) for flag in (difficult, crowd)]
    boxes = np.asarray(boxes, np.float32).reshape(count, 4)
    return GroundTruth(boxes, class_ids, np.ones(count, np.float32), *flags)


def found(boxes: ArrayLike, scores: ArrayLike, class_ids: ArrayLike) -> Detections:
    scores = np.asarray(scores, np.float32)
    boxes = np.asarray(boxes, np.float32).reshape(len(scores), 4)
    return Detections(boxes, scores, np.asarray(class_ids, np.int64))


NOTHING = found([], [], [])
EMPTY = truth([], [])


def test_metrics_equal_the_golden() -> None:
    inputs = np.load(GOLDEN / "metrics_inputs.npz")
    expected = json.loads((GOLDEN / "metrics_expected.json").read_text())["coco_detection_metrics"]
    evaluator = CocoEvaluator(MASKS)
    for number in range(int(inputs["num_images"])):
        image = {key.split("/")[1]: inputs[key] for key in inputs if key.startswith(f"{number}/")}
        height, width = map(int, image["size"])
        scale = np.array([height, width, height, width])
        marks = {"crowd": image["is_crowd"], "difficult": image["difficult"]}
        evaluator.add(
            number,
            truth(image["gt_boxes"] / scale, image["gt_classes"], **marks),
            found(image["det_boxes"] / scale, image["det_scores"], image["det_classes"]),
            height=height,
            width=width,
        )
    metrics = evaluator.metrics()
    reference_names = {
        "mAP@.50": "Precision/mAP@.50IOU",
        "mAP@.75": "Precision/mAP@.75IOU",
    } | {name: f"Recall/{name}" for name in SUMMARY_NAMES if name.startswith("AR")}
    for name in SUMMARY_NAMES:
        reference = expected["DetectionBoxes_" + reference_names.get(name, f"Precision/{name}")]
        assert metrics[name] == pytest.approx(reference, abs=1e-6), name
    per_class = [metrics[f"AP/{name}"] for name in MASKS.names]
    assert np.mean(per_class) == pytest.approx(metrics["mAP"], abs=1e-12)


def test_perfect_detection_and_class_without_objects() -> None:
    evaluator = CocoEvaluator(MASKS)
    box = [[0.1, 0.1, 0.5, 0.5]]
    evaluator.add("a", truth(box, [1]), found(box, [0.9], [1]), height=100, width=200)
    metrics = evaluator.metrics()
    for name in ("mAP", "mAP@.50", "AP/with_mask", "AP@.50/with_mask"):
        assert metrics[name] == pytest.approx(1.0)
    assert metrics["AP/without_mask"] == metrics["AP@.50/without_mask"] == UNDEFINED == -1.0


def test_box_of_iou_two_thirds_matches_at_lower_thresholds() -> None:
    # 40 x 60 of 60 x 60 pixels: the IoU is 2/3, a true positive at .50 .55 .60 .65 only.
    evaluator = CocoEvaluator(LabelMap.of(["face"]))
    evaluator.add(
        0, truth([[0, 0, 0.6, 0.6]], [1]), found([[0, 0, 0.4, 0.6]], [0.5], [1]), height=100, width=100
    )
    metrics = evaluator.metrics()
    assert metrics["mAP@.50"] == pytest.approx(1.0)
    assert metrics["mAP@.75"] == 0.0
    assert metrics["mAP"] == pytest.approx(0.4)


def test_a_false_positive_with_a_better_score_halves_the_precision() -> None:
    evaluator = CocoEvaluator(LabelMap.of(["face"]))
    boxes = [[0.5, 0.5, 0.9, 0.9], [0.1, 0.1, 0.4, 0.4]]
    evaluator.add(0, truth(boxes[1:], [1]), found(boxes, [0.9, 0.8], [1, 1]), height=64, width=64)
    assert evaluator.metrics()["AP/face"] == pytest.approx(0.5)


def test_a_label_map_with_gaps_has_the_right_class_names() -> None:
    evaluator = CocoEvaluator(LabelMap(((2, "cat"), (7, "dog"))))
    box = [[0.1, 0.1, 0.5, 0.5]]
    evaluator.add(0, truth(box, [7]), found(box * 3, [0.9, 0.8, 0.7], [7, 2, 5]), height=50, width=50)
    metrics = evaluator.metrics()
    assert metrics["AP/dog"] == pytest.approx(1.0)
    assert metrics["AP/cat"] == UNDEFINED
    assert metrics["mAP"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("ground_truth", "detections", "expected"),
    [
        (EMPTY, NOTHING, UNDEFINED),
        (EMPTY, found([[0, 0, 1, 1]], [0.9], [1]), UNDEFINED),
        (truth([[0, 0, 1, 1]], [1]), NOTHING, 0.0),
        (truth([[0, 0, 1, 1]], [1], crowd=[True]), found([[0, 0, 1, 1]], [0.9], [1]), UNDEFINED),
        (truth([[0, 0, 1, 1]], [1], difficult=[True]), NOTHING, 0.0),
    ],
    ids=["nothing at all", "only detections", "only objects", "only a crowd", "difficult counts"],
)
def test_edge_cases(ground_truth: GroundTruth, detections: Detections, expected: float) -> None:
    evaluator = CocoEvaluator(LabelMap.of(["face"]))
    evaluator.add(0, ground_truth, detections, height=10, width=10)
    assert evaluator.metrics()["mAP"] == expected
    assert evaluator.metrics()["AP/face"] == expected


def test_no_images() -> None:
    assert CocoEvaluator(MASKS).metrics()["mAP"] == UNDEFINED


def test_detections_on_a_crowd_are_no_false_positives() -> None:
    evaluator = CocoEvaluator(LabelMap.of(["face"]))
    crowd, face = [0, 0, 0.5, 1], [0.6, 0.1, 0.9, 0.4]
    detections = found([[0, 0, 0.2, 0.2], [0.2, 0.2, 0.4, 0.5], face], [0.9, 0.8, 0.7], [1, 1, 1])
    evaluator.add(0, truth([crowd, face], [1, 1], crowd=[True, False]), detections, height=200, width=200)
    assert evaluator.metrics()["AP/face"] == pytest.approx(1.0)


def test_an_image_is_added_once_and_scores_must_be_finite() -> None:
    evaluator = CocoEvaluator(MASKS)
    evaluator.add("a", EMPTY, NOTHING, height=10, width=10)
    with pytest.raises(ValueError, match="'a' was added before"):
        evaluator.add("a", EMPTY, NOTHING, height=10, width=10)
    with pytest.raises(ModelError, match=r"'b'.*not finite"):
        evaluator.add("b", EMPTY, found([[0, 0, 1, 1]], [np.nan], [1]), height=10, width=10)


def scene(seed: int) -> list[tuple[GroundTruth, Detections]]:
    """Return images with noisy detections of their objects, crowds, equal scores and false positives."""
    random = np.random.default_rng(seed)
    images = []
    for _ in range(4):
        count, extra = random.integers(0, 6), random.integers(0, 12)
        corner = random.uniform(0, 0.7, (count, 2))
        boxes = np.concatenate([corner, corner + random.uniform(0.02, 0.3, (count, 2))], axis=1)
        classes = random.integers(1, 4, count)
        noisy = np.repeat(boxes, 2, axis=0) + random.normal(0, 0.02, (2 * count, 4))
        noise_corner = random.uniform(0, 0.7, (extra, 2))
        noise = np.concatenate([noise_corner, noise_corner + random.uniform(0.05, 0.3, (extra, 2))], axis=1)
        noisy[:, 2:] = np.maximum(noisy[:, 2:], noisy[:, :2] + 1e-3)
        scores = random.choice([0.2, 0.5, 0.7, 0.9], 2 * count + extra)
        ids = np.concatenate([np.repeat(classes, 2), random.integers(1, 4, extra)])
        crowd = random.random(count) < 0.2
        images.append((truth(boxes, classes, crowd=crowd), found(np.concatenate([noisy, noise]), scores, ids)))
    return images


def stock_metrics(images: list[tuple[GroundTruth, Detections]], height: int, width: int) -> dict[str, float]:
    """Return the metrics of pycocotools for the same images."""
    annotated: list[dict[str, Any]] = []
    detected: list[dict[str, Any]] = []
    for number, (ground_truth, detections) in enumerate(images):
        for marks, rows in ((ground_truth, annotated), (detections, detected)):
            scaled = marks.boxes_yxyx.astype(np.float64) * [height, width, height, width]
            for index, (top, left, bottom, right) in enumerate(scaled.tolist()):
                box = [left, top, right - left, bottom - top]
                row = {"id": len(rows) + 1, "image_id": number, "category_id": int(marks.class_ids[index])}
                crowd = int(marks.crowd[index]) if isinstance(marks, GroundTruth) else 0
                score = float(marks.scores[index]) if isinstance(marks, Detections) else 0.0
                rows.append({**row, "bbox": box, "area": box[2] * box[3], "iscrowd": crowd, "score": score})
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(data_set(annotated, len(images)), data_set(detected, len(images)), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    values = dict(zip(SUMMARY_NAMES, map(float, evaluation.stats), strict=True))
    for column, name in enumerate(MASKS.names):
        of_class = evaluation.eval["precision"][:, :, column, 0, -1]
        for key, part in ((f"AP/{name}", of_class), (f"AP@.50/{name}", of_class[0])):
            values[key] = float(part[part > -1].mean()) if (part > -1).any() else UNDEFINED
    return values


def data_set(rows: list[dict[str, Any]], images: int) -> COCO:
    stock = COCO()
    categories = [{"id": class_id, "name": name} for class_id, name in MASKS.items]
    stock.dataset = {
        "images": [{"id": n} for n in range(images)],
        "categories": categories,
        "annotations": rows,
    }
    stock.createIndex()
    return stock


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_metric_equals_pycocotools(seed: int) -> None:
    evaluator, images = CocoEvaluator(MASKS), scene(seed)
    for number, (ground_truth, detections) in enumerate(images):
        evaluator.add(number, ground_truth, detections, height=300, width=200)
    assert evaluator.metrics() == stock_metrics(images, 300, 200)


def test_many_groups_are_processed_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    images = [pair for seed in range(8) for pair in scene(seed)]
    evaluator = CocoEvaluator(MASKS)
    for number, (ground_truth, detections) in enumerate(images):
        evaluator.add(number, ground_truth, detections, height=300, width=200)
    monkeypatch.setattr(matching, "_LARGEST_BLOCK", 1)
    assert evaluator.metrics() == stock_metrics(images, 300, 200)


def test_box_of_32_by_32_pixels_is_small_and_medium() -> None:
    # In double precision its area would be 1023.9997 square pixels from these single-precision coordinates.
    corners = np.array([213, 97, 245, 129]) / np.array([300, 400, 300, 400])
    box = [corners.astype(np.float32)]
    exact = np.prod((np.float64(box[0][2:]) - np.float64(box[0][:2])) * [300, 400])
    assert exact < 32**2
    evaluator = CocoEvaluator(LabelMap.of(["face"]))
    evaluator.add(0, truth(box, [1]), found(box, [0.9], [1]), height=300, width=400)
    assert evaluator.metrics()["mAP (medium)"] == evaluator.metrics()["mAP (small)"] == pytest.approx(1.0)
