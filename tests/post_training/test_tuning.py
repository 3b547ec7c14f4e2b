"""The suppression of made-up predictions for which the best setting is known."""

from dataclasses import replace

import numpy as np
import pytest
from keras import ops

from sweepbox.detection.core.errors import ConfigError, UsageError
from sweepbox.detection.model.postprocess import PostProcessing
from sweepbox.detection.model.ssd import input_size
from sweepbox.detection.post_training import tuning
from sweepbox.detection.post_training.annotated import folds_of
from sweepbox.detection.post_training.candidates import candidates
from sweepbox.detection.post_training.measure import Criterion, Measure
from sweepbox.detection.post_training.raw_predictions import RawPredictions, keep_best
from sweepbox.detection.post_training.score_cut import ScoreCut, score_cut
from sweepbox.detection.post_training.suppression import SuppressionSetting, Suppressor
from sweepbox.detection.post_training.tuning import SuppressionChoice, choose_suppression

from .made_up import LABELS, frame_with, predictions_of, ssd_with

PLAIN = {
    "use_static_shapes": False,
    "soft_nms_sigma": 0.0,
    "score_threshold": 1e-8,
    "max_detections_per_class": 100,
    "max_total_detections": 300,
}
IMAGES = 24


def crowd(shift: float) -> list[tuple[float, float, int]]:
    """Return four objects in two pairs, which overlap by an IoU of (0.2 - shift) / (0.2 + shift)."""
    return [(0.1, 0.1, 1), (0.1, 0.1 + shift, 1), (0.6, 0.1, 2), (0.6, 0.1 + shift, 2)]


def measure_and_suppressor(iou_threshold: float, *, shift: float) -> tuple[Measure, Suppressor]:
    """Return 24 images: every object is found twice, the second time 0.02 beside (IoU 0.82) with less score."""
    ssd = ssd_with(iou_threshold=iou_threshold, **PLAIN)
    random = np.random.default_rng(0)
    objects = crowd(shift)
    images = [
        [
            (top, left + offset, class_id, float(random.uniform(*scores)))
            for top, left, class_id in objects
            for offset, scores in ((0.0, (0.8, 0.9)), (-0.02, (0.81, 0.89)))
        ]
        for _ in range(IMAGES)
    ]
    frames = tuple(frame_with(objects) for _ in images)
    return Measure(frames, LABELS), Suppressor(ssd, predictions_of(ssd, images))


def chosen(iou_threshold: float, *, shift: float, criterion: Criterion | None = None) -> SuppressionChoice:
    measure, suppressor = measure_and_suppressor(iou_threshold, shift=shift)
    return choose_suppression(
        ssd_with(iou_threshold=iou_threshold, **PLAIN),
        suppressor,
        measure,
        folds=folds_of(tuple(measure.frames), 4),
        criterion=criterion or Criterion(),
    )


@pytest.fixture
def few_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only hard suppression is tried: one compiled program."""
    monkeypatch.setattr(
        tuning,
        "candidates",
        lambda ssd: tuple(item for item in candidates(ssd) if item.sigma == 0 and item.total == 300),
    )


@pytest.mark.usefixtures("few_settings")
def test_the_best_nms_iou_is_found() -> None:
    # Neighbours overlap by 0.6, so 0.3 removes one of each pair; duplicates overlap by 0.82.
    choice = chosen(0.3, shift=0.05)
    assert 0.6 <= choice.chosen.iou_threshold <= 0.75
    assert choice.is_changed
    assert choice.after > choice.before + 0.3
    assert choice.gain > 0.3
    assert "instead of NMS IoU 0.3" in str(choice)
    assert SuppressionChoice.from_json(choice.to_json()) == choice


@pytest.mark.usefixtures("few_settings")
def test_the_present_setting_stays_where_nothing_is_gained() -> None:
    choice = chosen(0.6, shift=0.4)
    assert not choice.is_changed
    assert choice.gain == 0
    assert "suppression kept" in str(choice)


@pytest.mark.usefixtures("few_settings")
def test_a_constraint_must_not_get_worse() -> None:
    # What is gained in mAP is forbidden by a constraint that only the present setting meets.
    base = chosen(0.3, shift=0.05).before
    forbidding = Criterion(violation=lambda metrics: max(0.0, metrics["mAP"] - base - 0.01))
    assert not chosen(0.3, shift=0.05, criterion=forbidding).is_changed


def test_few_images_choose_nothing() -> None:
    ssd = ssd_with(**PLAIN)
    frames = (frame_with(crowd(0.05)),) * 6
    suppressor = Suppressor(ssd, predictions_of(ssd, [[(0.1, 0.1, 1, 0.9)]] * 6))
    choice = choose_suppression(
        ssd, suppressor, Measure(frames, LABELS), folds=folds_of(frames, 5), criterion=Criterion()
    )
    assert (choice.tried, choice.folds, choice.is_changed) == (1, 0, False)
    assert "6 validation images with objects are too few" in str(choice)


@pytest.mark.parametrize("sigma", [0.0, 0.4])
def test_detections_are_those_of_the_models_own_post_processing(sigma: float) -> None:
    ssd = ssd_with(**PLAIN)
    random = np.random.default_rng(5)
    columns = ssd.num_classes + int(ssd.add_background_class)
    corners = random.random((3, 40, 2)).astype(np.float32) * 0.8
    boxes = np.concatenate(
        [corners, corners + random.uniform(0.05, 0.3, (3, 40, 2)).astype(np.float32)], axis=2
    )
    scores = random.random((3, 40, columns)).astype(np.float32)
    size = input_size(ssd.image_resizer)
    sizes = np.tile(np.array(size, np.int32), (3, 1))
    setting = SuppressionSetting(0.4, sigma, 5, 9, 0.2)
    applied = setting.applied(ssd)
    assert SuppressionSetting.of(applied) == setting
    values = {"nms_score_threshold": 0.2, "nms_iou_threshold": 0.4}
    expected = PostProcessing.of(applied, values, size)(*map(ops.convert_to_tensor, (boxes, scores, sizes)))
    raw = RawPredictions(boxes, scores, sizes, np.full((3, columns), -np.inf, np.float32))
    found = Suppressor(ssd, raw).detections(setting)
    assert len(found) == 3
    for row, detections in enumerate(found):
        count = int(np.asarray(expected["num_detections"])[row])
        assert len(detections) == count
        np.testing.assert_allclose(
            detections.scores, np.asarray(expected["detection_scores"])[row, :count], rtol=1e-6
        )
        np.testing.assert_allclose(
            detections.boxes_yxyx, np.asarray(expected["detection_boxes"])[row, :count], rtol=1e-6
        )
        classes = np.asarray(expected["detection_classes"])[row, :count] + 1
        np.testing.assert_array_equal(detections.class_ids, classes)


@pytest.mark.parametrize("sigma", [0.0, 0.4])
def test_detections_above_the_cut_do_not_need_the_anchors_left_out(sigma: float) -> None:
    ssd = ssd_with(**PLAIN)
    first = int(ssd.add_background_class)
    random = np.random.default_rng(6)
    corners = random.random((200, 2)).astype(np.float32) * 0.8
    boxes = np.concatenate([corners, corners + np.float32(0.15)], axis=1)
    scores = random.random((200, ssd.num_classes + first)).astype(np.float32)
    sizes = np.array([input_size(ssd.image_resizer)], np.int32)
    setting = replace(SuppressionSetting.of(ssd), sigma=sigma)
    no_cut = np.full((1, scores.shape[1]), -np.inf, np.float32)
    (whole,) = Suppressor(ssd, RawPredictions(boxes[None], scores[None], sizes, no_cut)).detections(setting)
    kept_boxes, kept_scores, cuts = keep_best(boxes, scores, first_class=first, count=20)
    assert len(kept_boxes) < 100
    (part,) = Suppressor(
        ssd, RawPredictions(kept_boxes[None], kept_scores[None], sizes, cuts[None])
    ).detections(setting)
    limits = cuts[first:]
    for name in ("scores", "class_ids", "boxes_yxyx"):
        above = (getattr(found, name)[found.scores > limits[found.class_ids - 1]] for found in (whole, part))
        np.testing.assert_array_equal(*above)


def test_the_cost_of_a_score_threshold() -> None:
    ssd = ssd_with(iou_threshold=0.6, **PLAIN | {"score_threshold": 0.6})
    frames = tuple(frame_with([(0.1, 0.1, 1), (0.6, 0.6, 1)]) for _ in range(4))
    # One of two objects is found with a score below the threshold: recall and AP are halved.
    suppressor = Suppressor(ssd, predictions_of(ssd, [[(0.1, 0.1, 1, 0.9), (0.6, 0.6, 1, 0.5)]] * 4))
    measure, setting = Measure(frames, LABELS), SuppressionSetting.of(ssd)
    cut = score_cut(ssd, suppressor, measure, setting, suppressor.detections(setting))
    assert cut is not None
    assert cut.without == pytest.approx(1.0)
    assert cut.cost == pytest.approx(0.5, abs=0.01)
    assert "score_threshold = 0.6 cuts detections off" in str(cut)
    assert ScoreCut.from_json(cut.to_json()) == cut
    low = replace(setting, score_threshold=0.3)
    assert score_cut(ssd, suppressor, measure, low, suppressor.detections(low)) is None


def test_the_settings_that_are_tried() -> None:
    ssd = ssd_with(iou_threshold=0.6, **PLAIN | {"max_total_detections": 100})
    found = candidates(ssd)
    assert found[0] == SuppressionSetting.of(ssd)
    assert len(set(found)) == len(found)
    assert {item.total for item in found} == {100, 300}
    # The nearest come first: one change before two, a small change before a large one.
    first = [(item.iou_threshold, item.total) for item in found if item.sigma == 0]
    assert (
        first.index((0.6, 300)) < first.index((0.55, 100)) < first.index((0.5, 100)) < first.index((0.55, 300))
    )
    assert found.index(replace(found[0], iou_threshold=0.3)) < found.index(replace(found[0], sigma=0.1))


def test_settings_that_the_config_does_not_allow_are_not_tried() -> None:
    ssd = ssd_with(**PLAIN | {"use_static_shapes": True})
    assert all(item.sigma == 0 for item in candidates(ssd))
    soft = replace(SuppressionSetting.of(ssd), sigma=0.5)
    with pytest.raises(ConfigError, match="use_static_shapes"):
        Suppressor(ssd, predictions_of(ssd, [[(0.1, 0.1, 1, 0.9)]])).detections(soft)


def test_folds_are_equal_and_share_the_rare_class() -> None:
    rare, common, empty = (
        frame_with([(0.1, 0.1, 3), (0.5, 0.5, 1)]),
        frame_with([(0.1, 0.1, 1)]),
        frame_with([]),
    )
    frames = (*[common] * 50, *[rare] * 10, *[empty] * 5)
    folds = folds_of(frames, 5)
    np.testing.assert_array_equal(folds, folds_of(frames, 5))
    assert np.bincount(folds).tolist() == [13] * 5
    assert np.bincount(folds[50:60]).tolist() == [2] * 5
    assert np.bincount(folds[60:]).tolist() == [1] * 5
    assert folds_of(frames, 5, seed=1).tolist() != folds.tolist()


def test_a_metric_that_is_not_reported_is_told() -> None:
    assert Criterion.metric("mAP@.50").value({"mAP@.50": 0.5}) == 0.5
    with pytest.raises(UsageError, match="metric 'loss/total' does not depend on suppression or is unknown"):
        Criterion.metric("loss/total").value({"mAP": 0.5})
