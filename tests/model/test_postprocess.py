from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.model.box_coder import BoxCoder
from sweepbox.detection.model.postprocess import PostProcessing

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "postprocess.npz")
CASES = np.load(Path(__file__).parents[1] / "golden" / "postprocess_cases.npz")
SIZE = (192, 192)
INPUTS = ("config", "boxes", "scores", "true_sizes", "background", "encodings")
OF_ANCHORS = ("detection_anchor_indices", "detection_multiclass_scores")


def _post_processing(text: str, size: tuple[int, int] = SIZE, *, background: bool = True) -> PostProcessing:
    ssd = pb.Ssd(add_background_class=background, post_processing=text_format.Parse(text, pb.PostProcessing()))
    nms = ssd.post_processing.batch_non_max_suppression
    values = {"nms_score_threshold": nms.score_threshold, "nms_iou_threshold": nms.iou_threshold}
    return PostProcessing.of(ssd, values, size)


def _detect(name: str) -> dict[str, tf.Tensor]:
    part = _post_processing(str(GOLDEN[f"{name}/config"]))
    boxes = BoxCoder.of(pb.FasterRcnnBoxCoder()).decode(GOLDEN["box_encodings"], GOLDEN["anchors"])
    detect = tf.function(lambda sizes: part(boxes, part.scores(GOLDEN["class_logits"]), sizes))
    return dict(detect(tf.constant(GOLDEN[f"{name}/true_image_shapes"][:, :2])))


@pytest.mark.parametrize("name", GOLDEN["cases"].tolist())
def test_detections_equal_the_golden(name: str) -> None:
    detections = _detect(name)
    keys = [key.split("/")[1] for key in GOLDEN.files if key.startswith(f"{name}/")]
    for key in keys:
        if key not in ("config", "true_image_shapes"):
            np.testing.assert_allclose(
                detections[key], GOLDEN[f"{name}/{key}"], rtol=1e-5, atol=1e-6, err_msg=key
            )


def test_shapes_are_static_and_padding_is_zero() -> None:
    part = _post_processing(
        "batch_non_max_suppression { max_detections_per_class: 4 max_total_detections: 20 }"
    )
    boxes = np.tile(np.array([0.1, 0.1, 0.4, 0.4], np.float32), (1, 6, 1))
    scores = np.zeros((1, 6, 3), np.float32)
    scores[0, 4, 2] = 0.8
    found = {key: np.asarray(value) for key, value in part(boxes, scores, np.array([SIZE])).items()}
    assert found["detection_boxes"].shape == (1, 20, 4)
    assert found["detection_multiclass_scores"].shape == (1, 20, 3)
    assert found["num_detections"].tolist() == [1]
    assert found["detection_classes"][0, 0] == 1
    assert found["detection_anchor_indices"][0, 0] == 4
    assert not found["detection_boxes"][0, 1:].any()
    assert all(value.dtype == np.float32 for value in found.values())


def test_boxes_outside_the_true_image_are_dropped() -> None:
    part = _post_processing("batch_non_max_suppression {}")
    boxes = np.array([[[0.6, 0.1, 0.9, 0.4], [0.1, 0.2, 0.3, 0.6]]], np.float32)
    scores = np.array([[[0, 0.9], [0, 0.8]]], np.float32)
    found = part(boxes, scores, np.array([[96, 192]], np.int32))
    assert np.asarray(found["num_detections"]).tolist() == [1]
    np.testing.assert_allclose(found["detection_boxes"][0, 0], [0.2, 0.2, 0.6, 0.6], rtol=1e-6)


def test_equal_scores_are_ordered_by_class_then_anchor() -> None:
    boxes = np.array([[[0.1 * row, 0.1, 0.1 * row + 0.08, 0.2] for row in range(4)]], np.float32)
    scores = np.zeros((1, 4, 3), np.float32)
    scores[0, 3, 1:], scores[0, 1:3, 2] = 0.5, 0.5
    for text, anchors, classes in (
        ("", [3, 1, 2, 3], [0, 1, 1, 1]),
        ("use_class_agnostic_nms: true", [1, 2, 3], [1, 1, 0]),
        ("use_combined_nms: true change_coordinate_frame: false", None, [0, 1, 1, 1]),
    ):
        part = _post_processing(f"batch_non_max_suppression {{ score_threshold: 0.1 {text} }}")
        found = part(boxes, scores, np.array([SIZE]))
        count = int(found["num_detections"][0])
        assert np.asarray(found["detection_classes"])[0, :count].tolist() == classes
        if anchors is not None:
            assert np.asarray(found["detection_anchor_indices"])[0, :count].tolist() == anchors


def _names(*, refused: bool) -> list[str]:
    """Return the hand-made cases that the Object Detection API accepts, or rejects."""
    return [name for name in CASES["cases"].tolist() if (f"{name}/refusal" in CASES.files) == refused]


OURS_ALONE_REFUSE = {
    name
    for name in _names(refused=False)
    if name in ("settings_none", "settings_logit_scale_-1.0")
    or name.startswith("calibration_function_unordered")
    or (name.startswith(("calibration_function", "calibration_class")) and name.endswith("_identity"))
}
"""No detections at all, a negative scale, points out of order, and functions of scores outside 0..1."""

UNORDERED_TIES = {
    "ties_combined",
    "ties_mixed_combined",
    "ties_overlapping_combined",
    "settings_combined_static",
}
"""Cases in which combined suppression leaves the order of equal scores undefined; ours defines it."""

BROKEN_BOXES_ELSEWHERE = {
    f"broken_boxes_{kind}" for kind in ("combined", "static", "agnostic_static", "partitioned")
}
"""Cases in which the Object Detection API returns boxes with NaN."""

SATURATED = ("calibration_function_sigmoid", "calibration_function_single", "calibration_function_steep")
"""Cases in which calibration makes scores equal, so that rounding decides the order."""


@pytest.mark.parametrize(
    "name", sorted(set(_names(refused=False)) - OURS_ALONE_REFUSE - BROKEN_BOXES_ELSEWHERE)
)
def test_hand_made_cases_equal_the_golden(name: str) -> None:
    """With static shapes, the golden's rows after the detections are suppressed boxes; ours are zeros."""
    inputs = {key: CASES[f"{name}/{key}"] for key in INPUTS}
    text = str(inputs["config"])
    part = _post_processing(text, (100, 100), background=bool(inputs["background"]))
    scores = part.scores(inputs["scores"])
    boxes = BoxCoder.of(pb.FasterRcnnBoxCoder()).decode(inputs["encodings"], inputs["boxes"])
    found = dict(part(boxes, scores, inputs["true_sizes"])) | {"raw_detection_scores": scores}
    keys = {key.removeprefix(f"{name}/") for key in CASES.files if key.startswith(f"{name}/")} - {*INPUTS}
    assert ("detection_anchor_indices" in found) == ("detection_anchor_indices" in keys)
    if "use_partitioned_nms" in text:
        keys -= {*OF_ANCHORS}  # they index the boxes that its first pass kept, not the anchors
    if name in UNORDERED_TIES:
        keys -= {"detection_boxes"}
    if name.startswith(SATURATED):
        keys &= {"detection_scores", "raw_detection_scores", "num_detections"}
    rows = int(CASES[f"{name}/num_detections"].max()) if "use_static_shapes" in text else None
    for key in keys:
        expected, value = CASES[f"{name}/{key}"], np.asarray(found[key])
        if key.startswith("detection_"):
            expected, value = expected[:, :rows], value[:, :rows]
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-5, err_msg=key)


@pytest.mark.parametrize("name", sorted({*_names(refused=True), *OURS_ALONE_REFUSE}))
def test_settings_rejected_by_the_od_api_are_rejected(name: str) -> None:
    with pytest.raises(ConfigError, match=r"model\.ssd\.post_processing\."):
        _post_processing(str(CASES[f"{name}/config"]))


@pytest.mark.parametrize("iou_threshold", ["0.0", "0.3", "1.0"])
def test_soft_suppression_has_no_hard_threshold(iou_threshold: str) -> None:
    """Boxes of IoU 0.9 whose scores are barely reduced are all kept, for any threshold."""
    name = f"soft_100.0_{iou_threshold}"
    assert CASES[f"{name}/num_detections"].tolist() == [6]
    np.testing.assert_array_equal(CASES[f"{name}/detection_scores"], CASES["soft_100.0_1.0/detection_scores"])


def test_nan_boxes_are_not_returned_and_suppress_nothing() -> None:
    boxes = np.array([[[0.1, 0.1, 0.3, 0.3], [np.nan, 0.1, 0.3, 0.3], [0.5, 0.5, 0.6, 0.6]]], np.float32)
    scores = np.array([[[0, 0.5], [0, 0.9], [0, 0.4]]], np.float32)
    for text in ("", "soft_nms_sigma: 0.5", "use_combined_nms: true change_coordinate_frame: false"):
        part = _post_processing(f"batch_non_max_suppression {{ {text} }}")
        found = part(boxes, scores, np.array([SIZE]))
        assert np.asarray(found["num_detections"]).tolist() == [2]
        np.testing.assert_allclose(np.asarray(found["detection_scores"])[0, :2], [0.5, 0.4])
