from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import apply_edits, parse_edit
from sweepbox.detection.config.load import load_config
from sweepbox.detection.diagnosis.boxes import AnnotatedBoxes, AnnotatedImage
from sweepbox.detection.diagnosis.coverage import Coverage
from sweepbox.detection.diagnosis.first_loss import first_classification_loss
from sweepbox.detection.diagnosis.traps import TRAPS, Case, Finding, find_traps
from sweepbox.detection.model.ssd import build_detector
from tests.diagnosis.boxes import full_image, square_boxes
from tests.tiny import tiny_config

GOLDEN = Path(__file__).parents[1] / "golden"
LIGHT = GOLDEN / "model_mobilenet_v2_fpnlite_small"
NMS = "model.ssd.post_processing.batch_non_max_suppression"
BIAS = "model.ssd.box_predictor.weight_shared_convolutional_box_predictor.class_prediction_bias_init"
AS_ZEROS = "model.ssd.encode_background_as_zeros"
FROZEN = "model.ssd.freeze_batchnorm=true"
DECAY = "model.ssd.feature_extractor.conv_hyperparams.batch_norm.decay"
HEAD_DECAY = (
    "model.ssd.box_predictor.weight_shared_convolutional_box_predictor.conv_hyperparams.batch_norm.decay"
)
COSINE = "train_config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate"
CROP = "train_config.data_augmentation_options[random_crop_image]"
MEDIUM, TINY, HUGE = square_boxes([40] * 20), square_boxes([10] * 20), square_boxes([300] * 20)
SIZE, LEVELS = "image_size=320", ("anchor_scale=4", "min_level=3")
STEPS = ("num_steps=1000", f"{COSINE}.total_steps=1000")

CASES: Sequence[tuple[str, Sequence[str], Sequence[str], AnnotatedBoxes | None]] = [
    ("anchors larger than the boxes", [SIZE, *LEVELS], [SIZE, "anchor_scale=1.5", "min_level=2"], TINY),
    (
        "anchors smaller than the boxes",
        [SIZE, "anchor_scale=1", "model.ssd.feature_extractor.fpn.max_level=5"],
        [SIZE, *LEVELS, "model.ssd.feature_extractor.fpn.max_level=6"],
        HUGE,
    ),
    ("boxes too small to see", [SIZE], ["image_size=640"], TINY),
    ("score threshold cuts evaluation", [f"{NMS}.score_threshold=0.6"], [f"{NMS}.score_threshold=1e-8"], None),
    (
        "box limit below the fullest image",
        [f"{NMS}.max_total_detections=100", "train_input_reader.max_number_of_boxes=115"],
        [
            f"{NMS}.max_total_detections=115",
            f"{NMS}.max_detections_per_class=115",
            "train_input_reader.max_number_of_boxes=115",
        ],
        full_image(115),
    ),
    (
        "augmentation loses boxes",
        [f"{CROP}.min_area=0.05", f"{CROP}.max_area=0.1", f"{CROP}.overlap_thresh=0.9"],
        [f"{CROP}.min_area=0.9", f"{CROP}.max_area=1.0", f"{CROP}.overlap_thresh=0.1"],
        MEDIUM,
    ),
    (
        "background as a class",
        [f"{BIAS}=-4.6", f"{AS_ZEROS}=false"],
        [f"{BIAS}=-4.6", f"{AS_ZEROS}=true"],
        None,
    ),
    ("background as a class", [f"{BIAS}=-4.6", f"{AS_ZEROS}=false"], [f"{BIAS}=0", f"{AS_ZEROS}=false"], None),
    ("slow average of batch norm", [f"{DECAY}=0.9997", *STEPS], [f"{DECAY}=0.99", *STEPS], None),
    ("slow average of batch norm", [f"{HEAD_DECAY}=0.9997", *STEPS], [f"{HEAD_DECAY}=0.9997", FROZEN], None),
    ("batch norm on small batches", ["batch_size=2"], ["batch_size=8"], None),
    ("batch norm on small batches", ["batch_size=1"], ["batch_size=1", FROZEN], None),
    ("decay cut off", ["num_steps=100", f"{COSINE}.total_steps=1000"], STEPS, None),
    (
        "rate far from usual",
        ["batch_size=8", "learning_rate=0.1"],
        ["batch_size=8", "learning_rate=0.001"],
        None,
    ),
    (
        "rate far from usual",
        ["batch_size=8", "learning_rate=1e-7"],
        ["batch_size=8", "learning_rate=1e-4"],
        None,
    ),
]
"""Each trap with edits of a config that has it, edits of one that has not, and the data it needs."""


def found_in(
    config: pb.TrainEvalPipelineConfig, trap: str, boxes: AnnotatedBoxes | None = None
) -> list[Finding]:
    coverage = None if boxes is None else Coverage.of(config.model.ssd, boxes)
    return [finding for _, finding in find_traps(Case(config, boxes=boxes, coverage=coverage), [trap])]


@pytest.mark.parametrize(("trap", "having", "lacking", "boxes"), CASES)
def test_a_trap_is_found_where_it_is(
    trap: str, having: Sequence[str], lacking: Sequence[str], boxes: AnnotatedBoxes | None
) -> None:
    found = found_in(tiny_config(*having), trap, boxes)
    assert found
    assert all(finding.field and finding.effect and finding.remedy for finding in found)
    assert found_in(tiny_config(*lacking), trap, boxes) == []


@pytest.mark.parametrize(("warmup", "expected"), [(1000, "before the warm-up does"), (700, "takes 70%")])
def test_a_long_warmup(warmup: int, expected: str) -> None:
    config = tiny_config(*STEPS)
    config.train_config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate.warmup_steps = warmup
    [finding] = found_in(config, "warm-up too long")
    assert expected in finding.effect
    assert "at most 100" in finding.remedy
    config.train_config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate.warmup_steps = 100
    assert found_in(config, "warm-up too long") == []


@pytest.mark.parametrize(
    ("kind", "remedy"),
    [
        ("", "set train_config.fine_tune_checkpoint_type to 'detection'"),
        ("detection", None),
    ],
)
def test_the_checkpoint_type_is_held_against_the_checkpoint(kind: str, remedy: str | None) -> None:
    config = load_config(LIGHT / "pipeline.config")
    config.train_config.fine_tune_checkpoint = str(LIGHT / "ckpt-0")
    config.train_config.fine_tune_checkpoint_type = kind
    config.train_config.num_steps = 10
    found = [finding for _, finding in find_traps(Case(config), ["checkpoint does not fit"])]
    assert len(found) == (remedy is not None)
    for finding in found:
        assert str(remedy) in finding.remedy


def test_a_checkpoint_of_another_network_or_none() -> None:
    config = load_config(LIGHT / "pipeline.config")
    config.train_config.num_steps = 10
    config.train_config.fine_tune_checkpoint_type = "detection"
    for named, expected in (
        ("../model_resnet50_small/ckpt-0", "do not match"),
        ("nowhere", "no such checkpoint"),
    ):
        config.train_config.fine_tune_checkpoint = str(LIGHT / named)
        [(_, finding)] = find_traps(Case(config), ["checkpoint does not fit"])
        assert expected in finding.effect


def test_the_option_that_loses_boxes_is_named() -> None:
    flip = "train_config.data_augmentation_options[random_horizontal_flip]=true"
    pad = "train_config.data_augmentation_options[random_pad_image]=true"
    crop = [f"{CROP}.min_area=0.05", f"{CROP}.max_area=0.1", f"{CROP}.overlap_thresh=0.9"]
    [finding] = found_in(tiny_config(flip, pad, *crop), "augmentation loses boxes", MEDIUM)
    assert finding.field == CROP
    assert "'thing'" in finding.effect
    assert "raise min_area" in finding.remedy


def test_every_trap_is_tried() -> None:
    own_tests = {"warm-up too long", "checkpoint does not fit"}
    assert {trap for trap, *_ in CASES} | own_tests == set(TRAPS)


def test_a_plain_config_of_another_model_has_no_finding() -> None:
    config = apply_edits(tiny_config(), [parse_edit("batch_size=8")])
    names = [name for name, _ in find_traps(Case(config))]
    assert names == []


def test_the_background_as_a_class_multiplies_the_first_loss() -> None:
    losses = []
    for as_zeros in ("true", "false"):
        config = tiny_config(f"{BIAS}=-4.6", f"{AS_ZEROS}={as_zeros}")
        detector = build_detector(config.model.ssd)
        anchors, columns = len(detector.anchors), config.model.ssd.num_classes + 1
        untrained = {
            "box_encodings": np.zeros((1, anchors, 4), np.float32),
            "class_logits": np.full((1, anchors, columns), -4.6, np.float32),
        }
        box = np.array([[[0.1, 0.1, 0.4, 0.4]]], np.float32)
        found = detector.losses(untrained, box, np.zeros((1, 1), np.int32), np.ones((1, 1), np.float32))
        losses.append(float(found["classification"]))
        boxes = AnnotatedBoxes.of([AnnotatedImage(96, 96, [("thing", box[0, 0].tolist())])])
        assert first_classification_loss(config, boxes, bias=-4.6) == pytest.approx(losses[-1], rel=1e-5)
    [finding] = found_in(config, "background as a class")
    assert "each begins with a loss of 1.1" in finding.effect
    assert "hundreds or thousands instead of about 2" in finding.effect
    [finding] = found_in(config, "background as a class", boxes)
    stated, otherwise = (float(f"{loss:.2g}") for loss in reversed(losses))
    assert (
        f"over the matched ones, is about {stated:,g} on these data instead of {otherwise:,g}" in finding.effect
    )
    assert losses[0] < 3
    assert losses[1] > 1.1 * anchors / 25, "of 756 anchors; there are 51,150 at 640 pixels"
