from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format

from detection.config import pipeline_pb2 as pb
from detection.core.errors import ConfigError
from detection.model.box_coder import BoxCoder
from detection.model.postprocess import PostProcessing
from detection.model.values import dynamic_values

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "postprocess.npz")
SIZE = (192, 192)


def _post_processing(text: str) -> PostProcessing:
    ssd = pb.Ssd(post_processing=text_format.Parse(text, pb.PostProcessing()))
    return PostProcessing.of(ssd, dynamic_values(ssd), SIZE)


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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("max_detections_per_class: 200", "max_detections_per_class 200 exceeds max_total_detections 100"),
        ("iou_threshold: 1.5", "iou_threshold: 1.5 is not in 0..1"),
        ("soft_nms_sigma: -1", "soft_nms_sigma: -1"),
        ("use_class_agnostic_nms: true max_classes_per_detection: 2", "max_classes_per_detection: 2"),
        ("use_combined_nms: true", "change_coordinate_frame: false"),
        ("max_total_detections: 0 max_detections_per_class: 0", "at least 1"),
    ],
)
def test_contradictions_are_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        _post_processing(f"batch_non_max_suppression {{ {text} }}")
