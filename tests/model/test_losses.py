from pathlib import Path

import keras
import numpy as np
import pytest
from google.protobuf import text_format

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.model.classification_losses import sigmoid_focal_loss
from sweepbox.detection.model.localization_losses import giou_loss, iou_loss, l2_loss, smooth_l1_loss
from sweepbox.detection.model.losses import DetectionLoss
from sweepbox.detection.model.targets import NO_COLUMN, Targets
from sweepbox.detection.model.values import dynamic_values

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "losses.npz")
COLUMNS = np.where(GOLDEN["cls_targets"].any(axis=2), GOLDEN["cls_targets"].argmax(axis=2), NO_COLUMN)
TARGETS = Targets(
    match=GOLDEN["match"].astype(np.int32),
    codes=GOLDEN["reg_targets"],
    box_weights=GOLDEN["reg_weights"],
    columns=COLUMNS.astype(np.int32),
    class_weights=GOLDEN["cls_weights"],
)
IS_CLASS = GOLDEN["cls_targets"].astype(bool)
ANCHORS = np.zeros((TARGETS.codes.shape[1], 4), np.float32)


def _ssd(name: str, *, by_code_size: bool = False) -> pb.Ssd:
    loss = text_format.Parse(str(GOLDEN[f"{name}/config"]), pb.Loss())
    extractor = pb.SsdFeatureExtractor(type="ssd_resnet50_v1_fpn_keras")
    return pb.Ssd(loss=loss, feature_extractor=extractor, normalize_loc_loss_by_codesize=by_code_size)


@pytest.mark.parametrize("by_code_size", [False, True])
@pytest.mark.parametrize("name", GOLDEN["names"].tolist())
def test_normalised_losses_equal_the_golden(name: str, by_code_size: bool) -> None:
    ssd = _ssd(name, by_code_size=by_code_size)
    loss = DetectionLoss.of(ssd, dynamic_values(ssd))
    localization, classification = (
        value[0] for value in loss(GOLDEN["box_encodings"], GOLDEN["class_logits"], TARGETS, ANCHORS)
    )
    suffix = "_codesize" if by_code_size else ""
    np.testing.assert_allclose(localization, GOLDEN[f"{name}/loc_normalised{suffix}"], rtol=1e-5)
    np.testing.assert_allclose(classification, GOLDEN[f"{name}/cls_normalised"], rtol=1e-5)


@pytest.mark.parametrize(("name", "delta"), [("default", 1.0), ("delta_gamma", 0.2), ("sigmoid", 2.0)])
def test_smooth_l1_per_anchor(name: str, delta: float) -> None:
    loss = smooth_l1_loss(GOLDEN["box_encodings"], TARGETS.codes, TARGETS.box_weights, delta)
    np.testing.assert_allclose(loss, GOLDEN[f"{name}/loc_per_anchor"], rtol=1e-5, atol=1e-6)


def test_l2_per_anchor() -> None:
    loss = l2_loss(GOLDEN["box_encodings"], TARGETS.codes, TARGETS.box_weights)
    np.testing.assert_allclose(loss, GOLDEN["no_alpha/loc_per_anchor"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "alpha", "gamma"),
    [("default", 0.25, 2.0), ("delta_gamma", 0.75, 1.5), ("no_alpha", None, 0.0), ("sigmoid", None, None)],
)
def test_classification_per_anchor(name: str, alpha: float | None, gamma: float | None) -> None:
    loss = sigmoid_focal_loss(GOLDEN["class_logits"], IS_CLASS, TARGETS.class_weights, alpha=alpha, gamma=gamma)
    np.testing.assert_allclose(loss, GOLDEN[f"{name}/cls_per_anchor"], rtol=1e-5, atol=1e-6)


def test_without_normalisation_losses_are_sums() -> None:
    ssd = _ssd("default")
    ssd.normalize_loss_by_num_matches = False
    loss = DetectionLoss.of(ssd, dynamic_values(ssd))
    localization, classification = (
        value[0] for value in loss(GOLDEN["box_encodings"], GOLDEN["class_logits"], TARGETS, ANCHORS)
    )
    np.testing.assert_allclose(localization, GOLDEN["default/loc_sum"], rtol=1e-5)
    np.testing.assert_allclose(classification, GOLDEN["default/cls_sum"], rtol=1e-5)


def test_the_loss_of_a_nan_target_is_0() -> None:
    ssd = _ssd("default")
    codes = np.array(TARGETS.codes)
    codes[TARGETS.match >= 0] = np.nan
    targets = Targets(TARGETS.match, codes, TARGETS.box_weights, TARGETS.columns, TARGETS.class_weights)
    localization, _ = DetectionLoss.of(ssd, dynamic_values(ssd))(
        GOLDEN["box_encodings"], GOLDEN["class_logits"], targets, ANCHORS
    )
    assert float(localization[0]) == 0


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_the_gradient_is_finite_for_a_saturated_sigmoid(gamma: float) -> None:
    import tensorflow as tf

    logits = tf.constant([[[-200.0, -30.0, 0.0, 30.0, 200.0]] * 2])
    is_class = np.array([[[True] * 5, [False] * 5]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = keras.ops.sum(
            sigmoid_focal_loss(logits, is_class, np.ones((1, 2), "f4"), alpha=0.25, gamma=gamma)
        )
    gradient = np.asarray(tape.gradient(loss, logits))
    assert np.isfinite(gradient).all()
    assert (gradient[0, 0] <= 0).all()
    assert (gradient[0, 1] >= 0).all()


def test_each_group_is_normalised_like_a_separate_batch() -> None:
    ssd = _ssd("default")
    loss = DetectionLoss.of(ssd, dynamic_values(ssd))
    together = loss(GOLDEN["box_encodings"], GOLDEN["class_logits"], TARGETS, ANCHORS, groups=2)
    for image in range(2):
        row = slice(image, image + 1)
        targets = Targets(
            *(
                getattr(TARGETS, name)[row]
                for name in ("match", "codes", "box_weights", "columns", "class_weights")
            )
        )
        alone = loss(GOLDEN["box_encodings"][row], GOLDEN["class_logits"][row], targets, ANCHORS)
        for both, single in zip(together, alone, strict=True):
            np.testing.assert_allclose(both[image], single[0], rtol=1e-6)


@pytest.mark.parametrize(
    ("box", "iou", "giou"),
    [
        ([0, 0, 2, 2], 0.0, 0.0),
        ([0, 0, 2, 1], 0.5, 0.5),
        ([0, 2, 2, 4], 1.0, 1.0),
        ([4, 0, 6, 2], 1.0, 1.0 + 4 / 12),
        ([0, 0, 0, 0], 1.0, 1.0),
    ],
)
def test_overlap_losses_by_hand(box: list[float], iou: float, giou: float) -> None:
    target, weight = np.array([[[0, 0, 2, 2]]], np.float32), np.full((1, 1), 3, np.float32)
    boxes = np.array([[box]], np.float32)
    assert float(iou_loss(boxes, target, weight)[0, 0]) == pytest.approx(3 * iou)
    assert float(giou_loss(boxes, target, weight)[0, 0]) == pytest.approx(3 * giou)


@pytest.mark.parametrize("kind", ["weighted_iou", "weighted_giou"])
def test_overlap_losses_compare_decoded_boxes(kind: str) -> None:
    """Correct codes and extreme codes of unmatched anchors have no loss, and the gradient is finite."""
    import tensorflow as tf

    ssd = _ssd("default")
    getattr(ssd.loss.localization_loss, kind).SetInParent()
    loss = DetectionLoss.of(ssd, dynamic_values(ssd))
    anchors = np.tile(np.array([0.2, 0.2, 0.6, 0.6], np.float32), (len(ANCHORS), 1))
    matched = (TARGETS.match >= 0)[..., None]
    codes = tf.constant(np.where(matched, TARGETS.codes, 1e6).astype(np.float32))
    with tf.GradientTape() as tape:
        tape.watch(codes)
        localization, _ = loss(codes, GOLDEN["class_logits"], TARGETS, anchors)
    assert float(localization[0]) == pytest.approx(0, abs=1e-4)
    assert np.isfinite(tape.gradient(localization, codes).numpy()).all()
    wrong, _ = loss(codes + 1.0, GOLDEN["class_logits"], TARGETS, anchors)
    assert float(wrong[0]) > 0.01


def test_an_unsupported_loss_is_refused() -> None:
    ssd = _ssd("default")
    ssd.loss.localization_loss.l1_localization_loss.SetInParent()
    with pytest.raises(
        ConfigError, match=r"model\.ssd\.loss\.localization_loss: l1_localization_loss .*weighted_smooth_l1"
    ):
        DetectionLoss.of(ssd, dynamic_values(ssd))
