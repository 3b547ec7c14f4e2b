"""The criterion of an objective, and the choice that a sweep froze."""

import json
from pathlib import Path

import pytest

from sweepbox.detection.core.errors import ModelError, SweepError, UsageError
from sweepbox.detection.core.thresholds import ClassThreshold, OperatingThresholds
from sweepbox.detection.post_training.post_training import PostTraining
from sweepbox.detection.post_training.score_cut import ScoreCut
from sweepbox.detection.post_training.suppression import SuppressionSetting
from sweepbox.detection.post_training.tuning import SuppressionChoice
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.spec.schema import ObjectiveSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.winner.post_processing import criterion_of, frozen_post_processing
from sweepbox.tuning.winner.tuned_export import TuningRequest, tuned_export

RECORDED = {"mAP": 0.1, "AP@.50/a": 0.2, "AP@.50/b": 0.3, "latency_ms": 7.0, "loss/total": 2.0}
MEASURED = {"mAP": 0.4, "AP@.50/a": 0.5, "AP@.50/b": 0.9}
CHOICE = PostTraining(
    SuppressionChoice(
        metric="mAP",
        own=SuppressionSetting(0.6, 0.0, 100, 100, 0.6),
        chosen=SuppressionSetting(0.45, 0.0, 100, 300, 0.6),
        before=0.30,
        after=0.32,
        gain=0.015,
        gain_error=0.004,
        tried=30,
        folds=5,
        images=116,
    ),
    OperatingThresholds("best F1", 0.5, 116, 0.4, (ClassThreshold(1, "a", 0.41, "class", 50, 0.9, 0.8, 0.85),)),
    ScoreCut(0.6, 0.32, 0.40),
    {"mAP": 0.32},
    ("a note",),
)


@pytest.mark.parametrize(
    ("spec", "label", "value"),
    [
        ({"metric": "mAP"}, "mAP", 0.4),
        ({"metric": ["latency_ms", "AP@.50/b"]}, "AP@.50/b", 0.9),
        ({"metric": "loss/total"}, "mAP", 0.4),
        ({"worst_class": "AP@.50"}, "worst AP@.50", 0.5),
        ({"weights": {"mAP": 3, "AP@.50/a": 1}}, "0.75 mAP + 0.25 AP@.50/a", 0.425),
    ],
)
def test_the_criterion_of_an_objective(spec: dict[str, object], label: str, value: float) -> None:
    criterion = criterion_of(Objective.of(ObjectiveSpec.model_validate(spec)), RECORDED)
    assert criterion.label == label
    assert criterion.value(MEASURED) == pytest.approx(value)
    assert criterion.violation(MEASURED) == 0


def test_constraints_on_costs_and_losses_are_those_of_the_trial() -> None:
    spec = ObjectiveSpec(metric="mAP", floors={"AP@.50/a": 0.7}, constraints=["latency_ms <= 5"])
    criterion = criterion_of(Objective.of(spec), RECORDED)
    without_limit = criterion_of(Objective.of(spec), RECORDED | {"latency_ms": 4.0})
    assert criterion.violation(MEASURED) > without_limit.violation(MEASURED) > 0
    assert without_limit.violation({**MEASURED, "AP@.50/a": 0.7}) == 0


def write_winner(folder: SweepFolder, **changes: object) -> Path:
    value = {"trial": "0003", "checkpoint": "trials/0003/best", "post_processing": CHOICE.to_json()} | changes
    folder.winner.write_text(json.dumps(value))
    return folder.trial("0003").best


def test_the_frozen_choice(tmp_path: Path) -> None:
    folder = SweepFolder(tmp_path)
    assert frozen_post_processing(folder, folder.trial("0003").best) is None
    checkpoint = write_winner(folder)
    assert frozen_post_processing(folder, checkpoint) == CHOICE
    assert frozen_post_processing(folder, folder.trial("0001").best) is None
    write_winner(folder, post_processing=None)
    assert frozen_post_processing(folder, checkpoint) is None
    write_winner(folder, post_processing={"suppression": {}})
    with pytest.raises(ModelError, match=r"winner\.json: damaged post-processing"):
        frozen_post_processing(folder, checkpoint)
    folder.winner.write_text("{")
    with pytest.raises(SweepError, match="damaged"):
        frozen_post_processing(folder, checkpoint)


def test_an_export_uses_the_frozen_choice(tmp_path: Path, light_checkpoint: Path) -> None:
    folder = SweepFolder(tmp_path)
    folder.spec.write_text("")
    checkpoint = write_winner(folder)
    checkpoint.parent.mkdir(parents=True)
    checkpoint.symlink_to(light_checkpoint)
    tuned = tuned_export(tmp_path, checkpoint, TuningRequest())
    assert tuned.output is not None
    assert tuned.output.thresholds == CHOICE.thresholds
    nms = tuned.output.post_processing.batch_non_max_suppression
    assert (nms.iou_threshold, nms.max_total_detections) == (pytest.approx(0.45), 300)
    assert tuned.lines == CHOICE.lines


def test_the_choice_in_words() -> None:
    suppression, thresholds, cut, note = CHOICE.lines
    assert suppression.startswith("suppression: NMS IoU 0.45, at most 100 detections per class and 300 in all")
    assert "mAP 0.3000 -> 0.3200 on the validation part, +0.0150 ± 0.0040 in images left out" in suppression
    assert thresholds == "operating thresholds: a 0.41 (best F1)"
    assert "score_threshold = 0.6 cuts detections off before the evaluation: it costs 0.0800 mAP" in cut
    assert note == "a note"


def test_what_a_request_asks_for(tmp_path: Path) -> None:
    assert not TuningRequest().is_required
    assert TuningRequest(precision=0.9).is_required
    assert TuningRequest().only_if_required == TuningRequest(wanted=False)
    assert tuned_export(tmp_path, tmp_path, TuningRequest()).output is None  # no sweep
    with pytest.raises(UsageError, match="switched off"):
        TuningRequest(wanted=False, data=tmp_path)
