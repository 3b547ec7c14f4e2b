from pathlib import Path

import keras
import numpy as np
import pytest
from google.protobuf import text_format

from detection.config import pipeline_pb2 as pb
from detection.core.errors import ConfigError
from detection.model.losses import DetectionLoss, l2_loss, sigmoid_focal_loss, smooth_l1_loss
from detection.model.targets import NO_COLUMN, Targets
from detection.model.values import dynamic_values

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


def _ssd(name: str, *, by_code_size: bool = False) -> pb.Ssd:
    loss = text_format.Parse(str(GOLDEN[f"{name}/config"]), pb.Loss())
    return pb.Ssd(loss=loss, normalize_loc_loss_by_codesize=by_code_size)


@pytest.mark.parametrize("by_code_size", [False, True])
@pytest.mark.parametrize("name", GOLDEN["names"].tolist())
def test_normalised_losses_equal_the_golden(name: str, by_code_size: bool) -> None:
    ssd = _ssd(name, by_code_size=by_code_size)
    loss = DetectionLoss.of(ssd, dynamic_values(ssd))
    localization, classification = loss(GOLDEN["box_encodings"], GOLDEN["class_logits"], TARGETS)
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


def test_without_normalising_the_sums_remain() -> None:
    ssd = _ssd("default")
    ssd.normalize_loss_by_num_matches = False
    loss = DetectionLoss.of(ssd, dynamic_values(ssd))
    localization, classification = loss(GOLDEN["box_encodings"], GOLDEN["class_logits"], TARGETS)
    np.testing.assert_allclose(localization, GOLDEN["default/loc_sum"], rtol=1e-5)
    np.testing.assert_allclose(classification, GOLDEN["default/cls_sum"], rtol=1e-5)


def test_a_nan_target_costs_nothing() -> None:
    ssd = _ssd("default")
    codes = np.array(TARGETS.codes)
    codes[TARGETS.match >= 0] = np.nan
    targets = Targets(TARGETS.match, codes, TARGETS.box_weights, TARGETS.columns, TARGETS.class_weights)
    localization, _ = DetectionLoss.of(ssd, dynamic_values(ssd))(
        GOLDEN["box_encodings"], GOLDEN["class_logits"], targets
    )
    assert float(localization) == 0


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_gradient_stays_finite_where_the_sigmoid_saturates(gamma: float) -> None:
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


def test_a_loss_that_is_not_built_is_refused() -> None:
    ssd = _ssd("default")
    ssd.loss.localization_loss.weighted_giou.SetInParent()
    with pytest.raises(
        ConfigError, match=r"model\.ssd\.loss\.localization_loss: weighted_giou .*weighted_smooth_l1"
    ):
        DetectionLoss.of(ssd, dynamic_values(ssd))
