from pathlib import Path

import pytest

from sweepbox.detection.training.log import TrainingLog, read_metrics
from sweepbox.detection.training.reports import EvaluationReport, StepReport, TrainingSummary


def _evaluation(step: int, value: float) -> EvaluationReport:
    summary = TrainingSummary(
        step, {"total": 1.5}, images_per_s=20.0, input_wait_fraction=0.25, learning_rate=0.01
    )
    return EvaluationReport(step, {"mAP": value, "loss/total": 2.0}, summary, is_best=True)


def test_every_evaluation_is_a_line(tmp_path: Path) -> None:
    log = TrainingLog(tmp_path)
    log.add_evaluation(_evaluation(10, 0.5))
    log.add_evaluation(_evaluation(20, 0.625))
    first, second = read_metrics(tmp_path / "metrics.jsonl")
    assert first == {
        "step": 10,
        "metrics": {"mAP": 0.5, "loss/total": 2.0},
        "losses": {"total": 1.5},
        "images_per_s": 20.0,
        "input_wait_fraction": 0.25,
        "learning_rate": 0.01,
    }
    assert second["step"] == 20


def test_resuming_removes_later_entries_and_an_incomplete_line(tmp_path: Path) -> None:
    log = TrainingLog(tmp_path)
    for step in (10, 20, 30):
        log.add_evaluation(_evaluation(step, 0.5))
    path = tmp_path / "metrics.jsonl"
    path.write_text(path.read_text()[:-20])
    assert [entry["step"] for entry in read_metrics(path)] == [10, 20]
    log = TrainingLog(tmp_path, step=10)
    log.add_evaluation(_evaluation(20, 0.75))
    assert [(entry["step"], entry["metrics"]["mAP"]) for entry in read_metrics(path)] == [(10, 0.5), (20, 0.75)]


@pytest.mark.filterwarnings("ignore::DeprecationWarning:tensorboard")
def test_tensorboard_reads_the_events(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = TrainingLog(tmp_path)
    log.add_step(StepReport(3, 10, 0.01, {}, 0.0))
    log.add_step(StepReport(5, 10, 0.01, {"total": 1.25}, 30.0))
    log.add_evaluation(_evaluation(5, 0.5))
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    for name in ("evaluation/mAP", "DetectionBoxes_Precision/mAP"):
        assert [(event.step, event.value) for event in events.Scalars(name)] == [(5, 0.5)]
    assert events.Scalars("Loss/total_loss")[0].value == 2.0
    assert [(event.step, event.value) for event in events.Scalars("training/loss/total")] == [(5, 1.25)]
