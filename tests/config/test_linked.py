from collections.abc import Callable
from typing import Any

import pytest

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError

Edited = Callable[..., pb.TrainEvalPipelineConfig]
RATE = "train_config.optimizer.momentum_optimizer.learning_rate"
COSINE = f"{RATE}.cosine_decay_learning_rate"
FPN = "model.ssd.feature_extractor.fpn"
ANCHORS = "model.ssd.anchor_generator.multiscale_anchor_generator"
MATCHER = "model.ssd.matcher.argmax_matcher"
NMS = "model.ssd.post_processing.batch_non_max_suppression"


def cosine_of(config: pb.TrainEvalPipelineConfig) -> dict[str, Any]:
    cosine = config.train_config.optimizer.momentum_optimizer.learning_rate.cosine_decay_learning_rate
    return {
        "num": config.train_config.num_steps,
        "total": cosine.total_steps,
        "warmup": cosine.warmup_steps,
        "hold": cosine.hold_base_rate_steps,
        "base": pytest.approx(cosine.learning_rate_base),
        "first": pytest.approx(cosine.warmup_learning_rate),
    }


START = {"num": 1000, "total": 1000, "warmup": 100, "hold": 0, "base": 0.04, "first": 0.01}


@pytest.mark.parametrize(
    ("edits", "changed"),
    [
        ([], {}),
        (["batch_size=3"], {}),
        (["num_steps=500"], {"num": 500, "total": 500, "warmup": 50}),
        (["num_steps=5"], {"num": 5, "total": 5, "warmup": 1}),
        (["num_steps=1"], {"num": 1, "total": 1, "warmup": 0}),
        ([f"{COSINE}.total_steps=2000"], {"num": 2000, "total": 2000, "warmup": 200}),
        (["num_steps=500", f"{COSINE}.total_steps=800"], {"num": 500, "total": 800, "warmup": 80}),
        (["num_steps=500", "warmup_steps=400"], {"num": 500, "total": 500, "warmup": 400}),
        (
            ["num_steps=2000", f"{COSINE}.hold_base_rate_steps=100"],
            {"num": 2000, "total": 2000, "warmup": 200, "hold": 100},
        ),
        (["learning_rate=0.4"], {"base": 0.4, "first": 0.1}),
        (["learning_rate=0.004"], {"base": 0.004, "first": 0.001}),
        (["learning_rate=0.4", f"{COSINE}.warmup_learning_rate=0.02"], {"base": 0.4, "first": 0.02}),
        ([f"{COSINE}.warmup_learning_rate=0.04"], {"first": 0.04}),
        (["num_steps=none"], {"num": 0}),
    ],
)
def test_cosine_schedule_is_adjusted(edited: Edited, edits: list[str], changed: dict[str, Any]) -> None:
    assert cosine_of(edited(*edits)) == START | changed


@pytest.mark.parametrize(
    ("edits", "first", "second"),
    [
        (["warmup_steps=1000"], f"{COSINE}.warmup_steps = 1000", f"{COSINE}.total_steps = 1000"),
        (["num_steps=500", "warmup_steps=500"], f"{COSINE}.warmup_steps = 500", f"{COSINE}.total_steps = 500"),
        (
            ["num_steps=500", f"{COSINE}.total_steps=400"],
            "train_config.num_steps = 500",
            f"{COSINE}.total_steps = 400",
        ),
        (
            [f"{COSINE}.warmup_learning_rate=0.05"],
            f"{COSINE}.warmup_learning_rate = 0.05",
            f"{COSINE}.learning_rate_base = 0.04",
        ),
        ([f"{FPN}.max_level=6", f"{ANCHORS}.max_level=5"], f"{FPN}.max_level = 6", f"{ANCHORS}.max_level = 5"),
        (
            [f"{MATCHER}.unmatched_threshold=0.6"],
            f"{MATCHER}.unmatched_threshold = 0.6",
            "matched_threshold = 0.5",
        ),
        (
            [f"{NMS}.max_detections_per_class=101"],
            f"{NMS}.max_detections_per_class = 101",
            f"{NMS}.max_total_detections = 100",
        ),
        (
            [f"{RATE}.manual_step_learning_rate={{schedule {{step: 20}} schedule {{step: 10}}}}"],
            "schedule[0].step = 20",
            "schedule[1].step = 10",
        ),
        (
            [f"{RATE}.exponential_decay_learning_rate={{initial_learning_rate: 0.5 min_learning_rate: 0.75}}"],
            "min_learning_rate = 0.75",
            "initial_learning_rate = 0.5",
        ),
    ],
)
def test_contradictory_edits_are_rejected_with_both_fields(
    edited: Edited, edits: list[str], first: str, second: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        edited(*edits)
    assert first in str(caught.value)
    assert second in str(caught.value)


def test_exponential_schedule_is_adjusted(config: pb.TrainEvalPipelineConfig) -> None:
    from sweepbox.detection.config.edits import Edit, apply_edits

    path = f"{RATE}.exponential_decay_learning_rate"
    text = "{initial_learning_rate: 0.5 decay_steps: 200 burnin_steps: 50 burnin_learning_rate: 0.25}"
    base = apply_edits(config, [Edit(path, text)])
    result = apply_edits(base, [Edit("num_steps", 2000), Edit("learning_rate", 1.0)])
    schedule = result.train_config.optimizer.momentum_optimizer.learning_rate.exponential_decay_learning_rate
    assert (schedule.decay_steps, schedule.burnin_steps) == (400, 100)
    assert (schedule.initial_learning_rate, schedule.burnin_learning_rate) == (1.0, 0.5)
    assert not schedule.HasField("decay_factor")


def test_manual_schedule_boundaries_are_scaled(config: pb.TrainEvalPipelineConfig) -> None:
    from sweepbox.detection.config.edits import Edit, apply_edits

    path = f"{RATE}.manual_step_learning_rate"
    base = apply_edits(config, [Edit(path, "{schedule {step: 200} schedule {step: 600}}")])
    for edits, expected in (([], [100, 300]), ([Edit(f"{path}.schedule[1].step", 450)], [100, 450])):
        result = apply_edits(base, [Edit("num_steps", 500), *edits])
        manual = result.train_config.optimizer.momentum_optimizer.learning_rate.manual_step_learning_rate
        assert [step.step for step in manual.schedule] == expected
    with pytest.raises(ConfigError, match="the steps must rise"):
        apply_edits(base, [Edit("num_steps", 1)])


@pytest.mark.parametrize("edit", [f"{FPN}.max_level=6", f"{ANCHORS}.max_level=6"])
def test_fpn_and_anchor_levels_are_updated_together(edited: Edited, edit: str) -> None:
    ssd = edited(edit).model.ssd
    assert ssd.feature_extractor.fpn.max_level == 6
    assert ssd.anchor_generator.multiscale_anchor_generator.max_level == 6


def test_thresholds_and_detection_limits_are_lowered_together(edited: Edited) -> None:
    ssd = edited(f"{MATCHER}.matched_threshold=0.4", f"{NMS}.max_total_detections=20").model.ssd
    assert ssd.matcher.argmax_matcher.unmatched_threshold == pytest.approx(0.4)
    assert ssd.post_processing.batch_non_max_suppression.max_detections_per_class == 20
    ssd = edited(f"{MATCHER}.matched_threshold=0.6").model.ssd
    assert ssd.matcher.argmax_matcher.unmatched_threshold == 0.5
