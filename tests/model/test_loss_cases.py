"""Compare losses and gradients of given predictions with the Object Detection API (tests/golden/README.md)."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.model.box_coder import BoxCoder
from sweepbox.detection.model.localization_losses import giou_loss, iou_loss
from sweepbox.detection.model.losses import DetectionLoss
from sweepbox.detection.model.targets import TargetAssigner
from sweepbox.detection.model.values import dynamic_values

with np.load(Path(__file__).parents[1] / "golden" / "loss_cases.npz") as arrays:
    GOLDEN = dict(arrays)
ROWS = {name: row for row, name in enumerate(GOLDEN["names"].tolist())}


def _golden(name: str, key: str) -> Any:
    """The golden values of a case."""
    return GOLDEN[key][ROWS[name]]


def _config(name: str) -> pb.Ssd:
    """The case's fields merged into a model with the schema's defaults."""
    ssd = pb.Ssd(num_classes=3, feature_extractor=pb.SsdFeatureExtractor(type="ssd_resnet50_v1_fpn_keras"))
    ssd.box_coder.faster_rcnn_box_coder.SetInParent()
    return text_format.Merge(str(_golden(name, "ssd")), ssd)


def _measured(name: str) -> dict[str, Any]:
    """Our losses and gradients of a case, in the golden's shapes."""
    ssd = _config(name)
    values = dynamic_values(ssd)
    coder = BoxCoder.of(ssd.box_coder.faster_rcnn_box_coder)
    truth = {
        key: GOLDEN[f"truth/{_golden(name, 'truth')}/{key}"]
        for key in ("boxes", "class_ids", "weights", "is_annotated")
    }
    predicted = f"predictions/{_golden(name, 'predictions')}"
    codes = tf.constant(GOLDEN[f"{predicted}/codes"])
    logits = tf.constant(GOLDEN[f"{predicted}/logits"][..., 0 if ssd.add_background_class else 1 :])
    anchors = tf.constant(GOLDEN["anchors"])
    assigner, loss = TargetAssigner.of(ssd, values, coder), DetectionLoss.of(ssd, values)
    with tf.GradientTape() as tape:
        tape.watch([codes, logits])
        targets = assigner(anchors, truth["boxes"], truth["class_ids"], truth["weights"])
        losses = loss(codes, logits, targets, anchors, is_annotated=truth["is_annotated"])
        total = tf.reduce_sum(losses)
    gradients = tape.gradient(total, [codes, logits], unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return {
        "losses": np.array([float(value[0]) for value in losses]),
        "codes_gradient": np.abs(gradients[0].numpy()).sum(axis=-1),
        "logits_gradient": np.abs(gradients[1].numpy()).sum(axis=-1),
    }


@pytest.mark.parametrize("name", list(ROWS))
def test_losses_and_gradients_equal_the_golden(name: str) -> None:
    measured = _measured(name)
    np.testing.assert_allclose(measured["losses"], _golden(name, "losses"), rtol=1e-5)
    for key in ("codes_gradient", "logits_gradient"):
        np.testing.assert_allclose(measured[key], _golden(name, key), rtol=1e-3, atol=1e-4, err_msg=key)


@pytest.mark.parametrize(("name", "loss"), [("iou", iou_loss), ("giou", giou_loss)])
def test_overlap_losses_equal_the_golden(name: str, loss: Any) -> None:
    boxes, targets, weights = (GOLDEN[f"overlap/{key}"] for key in ("boxes", "targets", "weights"))
    measured = np.ravel(loss(boxes, targets, weights))
    np.testing.assert_allclose(measured, np.ravel(GOLDEN[f"overlap/{name}"]), rtol=1e-4, atol=1e-5)
