"""A trial as loggers are told of it."""

from pathlib import Path
from typing import Any

import pytest

from sweepbox.detection.config.change import Change
from sweepbox.detection.training.reports import StepReport
from sweepbox.tuning.loggers.logger import LoggedTrial
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import (
    Evaluation,
    TrialState,
    TrialStatus,
    write_changes,
    write_status,
)

METRICS = {"mAP": 0.25, "AP@.50/with mask (1)": 0.5, "loss/total": 1.5}


def step_report(step: int, loss: float) -> StepReport:
    """Return a report with losses."""
    return StepReport(step, 6, learning_rate=0.01, losses={"total": loss}, images_per_s=8.0)


def evaluation(step: int, **changes: Any) -> Evaluation:
    """Return an evaluation."""
    return Evaluation(step, step, 1000.0, 4.0, METRICS | changes, images_per_s=8.0, input_wait_fraction=0.25)


def set_state(trial: LoggedTrial, state: TrialState) -> None:
    """Write a trial's state."""
    write_status(trial.folder, TrialStatus(state, 0, "fingerprint", 6, 3))


def lived_trial(home: Path, name: str = "0003") -> LoggedTrial:
    """Return a running trial of the sweep `mine` in a folder."""
    folder = SweepFolder(home).trial(name)
    folder.path.mkdir(parents=True)
    changes = [Change("train_config.batch_size", 8, 4)]
    trial = LoggedTrial(folder, "mAP", {"rate": 0.01, "flip": True, "kind": "adam"}, changes, sweep="mine")
    folder.config.write_text("model { }\n")
    write_changes(folder, changes)
    set_state(trial, TrialState.RUNNING)
    folder.best.mkdir()
    (folder.best / "weights.npz").write_bytes(b"weights")
    return trial


@pytest.fixture
def lived(tmp_path: Path) -> LoggedTrial:
    """A running trial."""
    return lived_trial(tmp_path)
