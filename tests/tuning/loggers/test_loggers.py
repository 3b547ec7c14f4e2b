"""Loggers of trials: what they write, and that they never harm the trial."""

import logging
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from sweepbox.detection.config.change import Change
from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.training.reports import StepReport, ValidationPicture
from sweepbox.tuning.loggers.logger import LoggedEnd, LoggedTrial, Loggers, TrialLogger
from sweepbox.tuning.loggers.table import LOGGERS, LoggerKind, check_loggers, log_end, loggers_of
from sweepbox.tuning.spec.schema import LoggerName
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import Evaluation

METRICS = {"mAP": 0.25, "AP/with_mask": 0.5, "loss/total": 1.5}


def report(step: int, loss: float | None) -> StepReport:
    losses = {} if loss is None else {"total": loss}
    return StepReport(step, 6, learning_rate=0.01, losses=losses, images_per_s=8.0)


def evaluation(step: int, **metrics: float) -> Evaluation:
    return Evaluation(step, step, 1000.0, 4.0, METRICS | metrics, images_per_s=8.0, input_wait_fraction=0.25)


@pytest.fixture
def trial(tmp_path: Path) -> LoggedTrial:
    folder = SweepFolder(tmp_path).trial("0003")
    folder.path.mkdir(parents=True)
    changes = [Change("train_config.batch_size", 8, 4), Change("model.ssd.anchors", 1, None)]
    return LoggedTrial(folder, "mAP", {"rate": 0.01, "flip": True, "kind": "adam"}, changes)


def events(trial: LoggedTrial) -> Iterator[Any]:
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    for path in sorted(trial.folder.tensorboard.iterdir()):
        yield from EventFileLoader(str(path)).Load()


def scalars(trial: LoggedTrial) -> dict[tuple[int, str], float]:
    return {
        (event.step, value.tag): value.tensor.float_val[0]
        for event in events(trial)
        for value in event.summary.value
        if value.tensor.float_val and not value.tag.startswith("_hparams_")
    }


def test_every_name_of_a_sweep_file_has_a_logger() -> None:
    assert set(LOGGERS) == set(get_args(LoggerName))


def test_a_missing_package_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    check_loggers(["tensorboard"])
    monkeypatch.setitem(LOGGERS, "mlflow", replace(LOGGERS["mlflow"], package="no_such_package"))
    command = re.escape("mlflow is not installed here; pip install 'sweepbox[mlflow]'")
    with pytest.raises(SweepError, match=command):
        check_loggers(["tensorboard", "mlflow"])


def test_tensorboard_has_losses_and_metrics_under_both_names(trial: LoggedTrial) -> None:
    loggers = loggers_of(["tensorboard"], trial)
    loggers.log_steps(report(1, None))
    loggers.log_steps(report(2, 1.25))
    loggers.log_evaluation(evaluation(2))
    loggers.close()
    assert scalars(trial) == {
        (2, "training/loss/total"): 1.25,
        (2, "training/learning_rate"): pytest.approx(0.01),
        (2, "training/images_per_s"): 8.0,
        (2, "evaluation/mAP"): 0.25,
        (2, "evaluation/AP/with_mask"): 0.5,
        (2, "evaluation/loss/total"): 1.5,
        (2, "DetectionBoxes_Precision/mAP"): 0.25,
        (2, "DetectionBoxes_PerformanceByCategory/mAP/with_mask"): 0.5,
        (2, "Loss/total_loss"): 1.5,
        (2, "training/input_wait_fraction"): 0.25,
    }


def hyperparameters(trial: LoggedTrial) -> dict[str, Any]:
    """Return the values that TensorBoard's tab HPARAMS shows for a trial."""
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    found = {}
    for event in events(trial):
        for value in event.summary.value:
            if value.tag == "_hparams_/session_start_info":
                data = HParamsPluginData.FromString(value.metadata.plugin_data.content)
                for name, held in data.session_start_info.hparams.items():
                    found[name] = getattr(held, held.WhichOneof("kind"))
    return found


def test_tensorboard_has_the_hyperparameters_once(trial: LoggedTrial) -> None:
    for step in (0, 4):
        loggers_of(["tensorboard"], replace(trial, step=step)).close()
    assert hyperparameters(trial) == {"rate": 0.01, "flip": True, "kind": "adam"}


def test_pictures_are_for_tensorboard_and_one_that_cannot_be_drawn_harms_nobody(
    trial: LoggedTrial, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> list[ValidationPicture]:
        raise OSError("no font")

    loggers = loggers_of(["tensorboard"], trial)
    loggers.log_pictures(2, lambda: [ValidationPicture("a.jpg", b"jpeg", 320, 644)])
    loggers.log_pictures(4, list)
    loggers.log_pictures(6, fail)
    loggers.close()
    found = [
        (event.step, value.tag, value.tensor.string_val[2])
        for event in events(trial)
        for value in event.summary.value
        if value.metadata.plugin_data.plugin_name == "images"
    ]
    assert found == [(2, "validation/a.jpg", b"jpeg")]
    assert [record.getMessage() for record in caplog.records] == ["trial 0003: no pictures of step 6: no font"]
    with pytest.raises(SweepError, match="add `tensorboard` to loggers"):
        check_loggers(["mlflow"], log_images=8)


def test_the_tab_of_hyperparameters_has_those_of_other_trials_too(trial: LoggedTrial) -> None:
    loggers_of(["tensorboard"], replace(trial, space=["rate", "only_sometimes"])).close()
    assert hyperparameter_columns(trial) == ["rate", "only_sometimes", "flip", "kind"]


def hyperparameter_columns(trial: LoggedTrial) -> list[str]:
    """Return the columns of the tab HPARAMS, which are those of the first trial that TensorBoard reads."""
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    return [
        info.name
        for event in events(trial)
        for value in event.summary.value
        if value.tag == "_hparams_/experiment"
        for info in HParamsPluginData.FromString(value.metadata.plugin_data.content).experiment.hparam_infos
    ]


def test_a_trial_without_suggestions_shows_what_it_changes(trial: LoggedTrial) -> None:
    loggers_of(["tensorboard"], replace(trial, parameters={})).close()
    assert hyperparameters(trial) == {"train_config.batch_size": 4}


def test_values_after_the_step_of_a_resumed_trial_are_hidden(trial: LoggedTrial) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for start, losses in ((0, (3.0, 2.0, 1.0)), (2, (0.5,))):
        loggers = loggers_of(["tensorboard"], replace(trial, step=start))
        for number, loss in enumerate(losses, start + 1):
            loggers.log_steps(report(number, loss))
        loggers.close()
    shown = EventAccumulator(str(trial.folder.tensorboard)).Reload()
    found = [(event.step, event.value) for event in shown.Scalars("training/loss/total")]
    assert found == [(1, 3.0), (2, 2.0), (3, 0.5)]


class Fails:
    """Raises in one method."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.told: list[str] = []
        self._on("begin")

    def _on(self, what: str) -> None:
        self.told.append(what)
        if what == self.where:
            raise RuntimeError(f"no {what}")

    def log_steps(self, _: StepReport) -> None:
        self._on("steps")

    def log_evaluation(self, _: Evaluation) -> None:
        self._on("evaluation")

    def log_pictures(self, _step: int, _pictures: object) -> None:
        self._on("pictures")

    def close(self) -> None:
        self._on("close")


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("steps", ["begin", "steps"]),
        ("evaluation", ["begin", "steps", "evaluation"]),
        ("close", ["begin", "steps", "evaluation", "close"]),
        ("begin", None),
    ],
)
def test_a_logger_that_fails_is_left_out_and_the_others_go_on(
    trial: LoggedTrial, caplog: pytest.LogCaptureFixture, where: str, told: list[str] | None
) -> None:
    made: dict[str, Fails] = {}

    def maker(name: str, fails: str) -> Callable[[LoggedTrial], TrialLogger]:
        return lambda _: made.setdefault(name, Fails(fails))

    with caplog.at_level(logging.WARNING):
        loggers = Loggers({"bad": maker("bad", where), "good": maker("good", "nowhere")}, trial)
        for _ in range(2):
            loggers.log_steps(report(1, 1.0))
            loggers.log_evaluation(evaluation(1))
        loggers.close()
    assert [record.getMessage() for record in caplog.records] == [
        f"trial 0003: the logger bad is left out: no {where}"
    ]
    assert made["good"].told == ["begin", *["steps", "evaluation"] * 2, "close"]
    if told is None:
        assert "bad" not in made
    else:
        expected = told if where != "close" else ["begin", *["steps", "evaluation"] * 2, "close"]
        assert made["bad"].told == expected


def test_a_logger_that_fails_at_the_end_of_the_sweep_is_told_and_the_others_go_on(
    trial: LoggedTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str | None] = []
    waits = threading.Event()

    def fail(_: LoggedEnd) -> None:
        raise RuntimeError("no end")

    def wait(_: LoggedEnd) -> None:
        waits.wait(20)

    def tell(end: LoggedEnd) -> None:
        told.append(end.winner)

    ends: dict[LoggerName, Callable[[LoggedEnd], None]] = {"tensorboard": fail, "mlflow": tell, "wandb": wait}
    for name, end in ends.items():
        monkeypatch.setitem(LOGGERS, name, LoggerKind(lambda _: Fails("nowhere"), "json", end))
    lines = log_end(
        ["tensorboard", "wandb", "mlflow", "mlflow"],
        LoggedEnd(SweepFolder(trial.folder.path), "mine", {}, "0003"),
        within_s=0.2,
    )
    waits.set()
    what = "does not have the end of the sweep"
    assert lines == [
        f"the logger tensorboard {what}: no end",
        f"the logger wandb {what}: it was not done after 0.2 s",
    ]
    assert told == ["0003"]
