"""Curves and average precisions: those that an evaluation reports, and values worked out by hand."""

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from sweepbox.detection.analysis.detected_images import DetectedImages
from sweepbox.detection.analysis.operating_curves import POINTS, operating_curves
from sweepbox.detection.analysis.precision_recall import SIZES, precision_by_size, precision_curves
from sweepbox.detection.core.metric_names import UNDEFINED
from sweepbox.detection.evaluation.coco import CocoEvaluator
from sweepbox.detection.post_training.operating_point import Rule, best_threshold, counts_at

from .scenes import BIRD, CAT, LABELS, frame_of, images_of, random_images

ONE_CAT = (10, 10, 50, 50, CAT)


def reported(images: DetectedImages) -> dict[str, float]:
    """Return the metrics of an evaluation."""
    evaluator = CocoEvaluator(images.label_map)
    for name, frame, found in zip(images.names, images.frames, images.detections, strict=True):
        evaluator.add(name, frame.ground_truth, found, height=frame.height, width=frame.width)
    return evaluator.metrics()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([3, 1000]))
def test_the_curves_are_those_of_the_reported_precisions(seed: int, score_levels: int) -> None:
    images = random_images(seed, 8, score_levels=score_levels)
    metrics = reported(images)
    of_iou: dict[float, list[float]] = {0.5: [], 0.75: []}
    for curve in precision_curves(images.matches):
        if not curve.objects:
            assert (curve.ap, curve.precision, curve.scores) == (None, (), ())
            assert metrics[f"AP@.50/{curve.name}"] == UNDEFINED
            continue
        assert len(curve.precision) == 101
        assert curve.ap == pytest.approx(np.mean(curve.precision), abs=2e-5)
        assert list(curve.precision) == sorted(curve.precision, reverse=True)
        assert list(curve.scores) == sorted(curve.scores, reverse=True)
        assert all(value == 0 for value in curve.precision[len(curve.scores) :])
        of_iou[curve.iou].append(curve.ap)
        if curve.iou == 0.5:
            assert curve.ap == pytest.approx(metrics[f"AP@.50/{curve.name}"], abs=1e-5)
    for name, values in (("mAP@.50", of_iou[0.5]), ("mAP@.75", of_iou[0.75])):
        assert (np.mean(values) if values else UNDEFINED) == pytest.approx(metrics[name], abs=2e-5)


def test_the_precision_by_size_is_that_of_pycocotools() -> None:
    images = random_images(7, 60)
    rows = precision_by_size(images.matches)
    whole, classes = rows[0], rows[1:]
    assert [row.name for row in rows] == ["all classes", *LABELS.names]
    metrics = reported(images)
    names = ["mAP", *(f"mAP ({size})" for size in SIZES[1:])]
    assert whole.ap == pytest.approx([metrics[name] for name in names], abs=1e-5)
    precision = pycocotools_precision(images)
    for column, row in enumerate(classes):
        for size in range(4):
            for value, expected in (
                (row.ap[size], precision[:, :, column, size]), (row.ap50[size], precision[0, :, column, size]),
            ):  # fmt: skip
                defined = expected[expected > -1]
                assert value == (pytest.approx(defined.mean(), abs=1e-5) if defined.size else None)
    assert sum(row.objects[0] for row in classes) == whole.objects[0] == (~images.objects.crowd).sum()
    assert all(row.objects[0] == sum(row.objects[1:]) for row in rows)


def pycocotools_precision(images: DetectedImages) -> np.ndarray:
    """Return pycocotools' precision `[IoU, recall, class, size]`, with areas of the boxes."""
    truth, found = images.objects, images.found
    annotations = [
        {
            "id": number + 1,
            "image_id": int(truth.image[number]),
            "category_id": int(truth.column[number]),
            "bbox": truth.xywh[number].tolist(),
            "area": float(truth.xywh[number, 2] * truth.xywh[number, 3]),
            "iscrowd": int(truth.crowd[number]),
        }
        for number in range(len(truth))
    ]
    detections = [
        {
            "image_id": int(found.image[number]),
            "category_id": int(found.column[number]),
            "bbox": found.xywh[number].tolist(),
            "score": float(found.scores[number]),
        }
        for number in range(len(found))
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "images": [{"id": number} for number in range(len(images))],
            "annotations": annotations,
            "categories": [{"id": number} for number in range(3)],
        }
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(detections), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
    precision: np.ndarray = evaluation.eval["precision"][..., -1]
    return precision


def test_a_curve_by_hand() -> None:
    # Two cats; a hit at 0.9, a false alarm at 0.8, a hit at 0.6: precision 1 to recall 0.5, then 2/3.
    frame = frame_of([ONE_CAT, (60, 60, 90, 90, CAT)])
    found = [(10, 10, 50, 50, CAT, 0.9), (0, 60, 20, 90, CAT, 0.8), (60, 60, 90, 90, CAT, 0.6)]
    images = images_of([frame], [found])
    curve = precision_curves(images.matches)[0]
    assert (curve.name, curve.iou, curve.objects) == ("cat", 0.5, 2)
    assert curve.precision == pytest.approx([1.0] * 51 + [2 / 3] * 50, abs=1e-5)
    assert curve.scores == pytest.approx([0.9] * 51 + [0.6] * 50, abs=1e-5)
    whole, cats, *others = operating_curves(images.hits, LABELS.names, np.array([0.7, 0.5, 0.5]))
    # At 0.7: one of two detections is right, one of two objects found.
    assert (cats.chosen, cats.chosen_precision, cats.chosen_recall, cats.chosen_f1) == (0.7, 0.5, 0.5, 0.5)
    at = dict(zip(cats.thresholds, zip(cats.precision, cats.recall, cats.f1, strict=True), strict=True))
    assert at[0.0] == pytest.approx((2 / 3, 1.0, 0.8), abs=1e-5)
    assert at[0.85] == pytest.approx((1.0, 0.5, 2 / 3), abs=1e-5)
    assert at[0.95] == (None, 0.0, 0.0)
    assert (whole.chosen, whole.chosen_f1) == (None, cats.chosen_f1)  # there are only cats
    assert [curve.recall[0] for curve in others] == [None, None]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([3, 1000]))
def test_operating_curves_equal_counting(seed: int, score_levels: int) -> None:
    images = random_images(seed, 5, score_levels=score_levels)
    best = [best_threshold(hits, Rule()) for hits in images.hits]
    thresholds = np.array([0.5 if value is None else value for value in best])
    whole, *curves = operating_curves(images.hits, LABELS.names, thresholds)
    assert whole.objects == sum(curve.objects for curve in curves)
    for curve, hits, threshold in zip(curves, images.hits, thresholds.tolist(), strict=True):
        assert len(curve.thresholds) == POINTS
        for row in range(0, POINTS, 7):
            counts = counts_at(hits, np.linspace(0, 1, POINTS)[row])
            assert curve.precision[row] == pytest.approx(counts.precision, abs=1e-5)
            assert curve.recall[row] == pytest.approx(counts.recall, abs=1e-5)
            assert curve.f1[row] == pytest.approx(counts.f1, abs=1e-5)
        assert curve.chosen_f1 == pytest.approx(counts_at(hits, threshold).f1, abs=1e-5)
        if hits.hits.any() and curve.chosen_f1 is not None:
            assert all((value or 0) <= curve.chosen_f1 + 1e-5 for value in curve.f1)  # it is the best F1


def test_scores_outside_of_0_to_1_have_curves_too() -> None:
    images = images_of([frame_of([ONE_CAT])], [[(10, 10, 50, 50, CAT, 4.5), (0, 0, 5, 5, CAT, -2.0)]])
    whole = operating_curves(images.hits, LABELS.names, np.zeros(3))[0]
    assert (whole.thresholds[0], whole.thresholds[-1]) == (-2.0, 4.5)
    assert (whole.precision[0], whole.precision[-1]) == (0.5, 1.0)


def test_objects_and_detections_of_other_classes_are_left_out() -> None:
    images = images_of(
        [frame_of([ONE_CAT, (0, 0, 9, 9, 99)])], [[(0, 0, 9, 9, 99, 0.9), (0, 0, 9, 9, BIRD, 0.4)]]
    )
    assert images.objects.row.tolist() == [0]
    assert images.found.column.tolist() == [2]


def test_images_names_and_detections_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="there are 1 images, 0 names and 1 sets of detections"):
        DetectedImages(LABELS, (), [frame_of([])], images_of([frame_of([])], [[]]).detections)
