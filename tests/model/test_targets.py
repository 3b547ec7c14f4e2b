from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.model.anchors import multiscale_anchors
from sweepbox.detection.model.box_coder import BoxCoder
from sweepbox.detection.model.matcher import IGNORED, NEGATIVE, ArgmaxMatcher
from sweepbox.detection.model.targets import NO_COLUMN, TargetAssigner, Targets

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "targets.npz")
MESSAGE = pb.MultiscaleAnchorGenerator(aspect_ratios=[1.0, 2.0, 0.5])
ANCHORS = multiscale_anchors(MESSAGE, image_size=(640, 640), padded_size=(640, 640), levels=range(3, 8))
PADDED_BOXES = 12


def _assigner(case: int, unmatched_column: int = NO_COLUMN) -> TargetAssigner:
    message = text_format.Parse(str(GOLDEN["matcher_configs"][case]), pb.Matcher()).argmax_matcher
    return TargetAssigner(
        ArgmaxMatcher.of(message, message.matched_threshold, message.unmatched_threshold),
        BoxCoder.of(pb.FasterRcnnBoxCoder()),
        float(GOLDEN["negative_class_weights"][case]),
        first_class_column=1,
        unmatched_column=unmatched_column,
    )


@pytest.fixture(scope="module", params=[0, 1], ids=["default", "ignore_zone"])
def assigned(request: pytest.FixtureRequest) -> tuple[str, Targets]:
    """The targets of all four images in one batch, padded with empty boxes of weight 0."""
    boxes = np.zeros((4, PADDED_BOXES, 4), np.float32)
    classes, weights = np.zeros((4, PADDED_BOXES), np.int32), np.zeros((4, PADDED_BOXES), np.float32)
    for image in range(4):
        count = len(GOLDEN[f"boxes_{image}"])
        boxes[image, :count] = GOLDEN[f"boxes_{image}"]
        classes[image, :count] = GOLDEN[f"classes_{image}"] - 1
        weights[image, :count] = GOLDEN[f"weights_{image}"]
    return str(GOLDEN["cases"][request.param]), _assigner(request.param)(ANCHORS, boxes, classes, weights)


@pytest.mark.parametrize("image", range(4))
def test_targets_equal_the_golden(assigned: tuple[str, Targets], image: int) -> None:
    case, targets = assigned
    expected = {key.split("/")[1]: GOLDEN[key] for key in GOLDEN.files if key.startswith(f"{case}_{image}/")}
    match = np.asarray(targets.match[image])
    positive = np.flatnonzero(match >= 0)
    np.testing.assert_array_equal(positive, expected["positive_anchors"])
    np.testing.assert_array_equal(match[positive], expected["positive_match"])
    np.testing.assert_array_equal(np.flatnonzero(match == IGNORED), expected["ignored_anchors"])
    codes, box_weights = np.asarray(targets.codes[image]), np.asarray(targets.box_weights[image])
    np.testing.assert_allclose(codes[positive], expected["reg_targets"], rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(box_weights[positive], expected["reg_weights"])
    assert not codes[match < 0].any()
    assert not box_weights[match < 0].any()
    columns, weights = np.asarray(targets.columns[image]), np.asarray(targets.class_weights[image])
    np.testing.assert_array_equal(columns[positive], expected["cls_targets"].argmax(axis=1))
    assert (columns[match < 0] == NO_COLUMN).all()
    np.testing.assert_array_equal(weights[positive], expected["cls_weights_positive"][:, 0])
    np.testing.assert_array_equal(np.unique(weights[match == NEGATIVE]), expected["cls_weight_unmatched"])
    np.testing.assert_array_equal(np.unique(weights[match == IGNORED]), expected["cls_weight_ignored"])


def test_without_boxes_all_anchors_are_negative() -> None:
    empty = np.zeros((1, 3), np.float32)
    targets = _assigner(0)(ANCHORS, np.zeros((1, 3, 4), np.float32), empty.astype(np.int32), empty)
    assert (np.asarray(targets.match) == NEGATIVE).all()
    assert (np.asarray(targets.class_weights) == 1).all()


def test_a_box_far_from_all_anchors_is_forced_on_the_first() -> None:
    box = np.array([[[5.0, 5.0, 6.0, 6.0]]], np.float32)
    targets = _assigner(0)(ANCHORS, box, np.array([[2]], np.int32), np.ones((1, 1), np.float32))
    assert np.flatnonzero(np.asarray(targets.match[0]) >= 0).tolist() == [0]
    assert int(targets.columns[0, 0]) == 3


def test_empty_box_has_a_finite_code() -> None:
    box = np.array([[[0.5, 0.5, 0.5, 0.5]]], np.float32)
    targets = _assigner(0)(ANCHORS, box, np.array([[0]], np.int32), np.ones((1, 1), np.float32))
    assert np.isfinite(np.asarray(targets.codes)).all()
    assert -90 < float(targets.codes[0, 0, 2]) < -70


def test_background_column_can_be_the_target_of_unmatched_anchors() -> None:
    empty = np.zeros((1, 1), np.float32)
    targets = _assigner(0, unmatched_column=0)(
        ANCHORS, np.zeros((1, 1, 4), np.float32), empty.astype(np.int32), empty
    )
    assert (np.asarray(targets.columns) == 0).all()
