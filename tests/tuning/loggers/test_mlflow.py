"""MLflow without a server, in the sweep's folder."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sweepbox.tuning.loggers.logger import LoggedEnd, LoggedTrial
from sweepbox.tuning.loggers.table import log_end, loggers_of
from sweepbox.tuning.storage.trial_record import TrialState
from tests.tuning.loggers.conftest import evaluation, lived_trial, set_state, step_report

pytest.importorskip("mlflow", reason="mlflow-skinny is not installed; pip install 'sweepbox[mlflow]'")
pytestmark = [
    pytest.mark.slow,  # importing it and making the tables takes seconds
    pytest.mark.filterwarnings("ignore"),  # of SQLAlchemy and others inside MLflow
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep's folder whose database exists; making its tables takes seconds."""
    return tmp_path_factory.mktemp("mlflow")


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no tracking server."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture
def client(home: Path) -> Callable[[], Any]:
    """Return a function that returns a client of the database."""
    from mlflow.tracking import MlflowClient

    return lambda: MlflowClient(tracking_uri=f"sqlite:///{home}/mlflow/mlflow.db")


def run_of(client: Any, trial: LoggedTrial) -> Any:
    return client.get_run(trial.folder.run_of("mlflow").read_text().strip())


def history(client: Any, run: Any, name: str) -> list[tuple[int, float]]:
    return [(point.step, point.value) for point in client.get_metric_history(run.info.run_id, name)]


def test_a_trial_is_a_run_and_a_resumed_one_continues_it(
    home: Path, client: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    trial = lived_trial(home, "0000")
    for start, state in ((0, TrialState.INTERRUPTED), (2, TrialState.FINISHED)):
        loggers = loggers_of(["mlflow"], replace(trial, step=start))
        loggers.log_steps(step_report(start + 1, 1.5))
        loggers.log_evaluation(evaluation(start + 2))
        set_state(trial, state)
        loggers.close()
        assert run_of(client(), trial).info.status == {"interrupted": "KILLED"}.get(state, "FINISHED")
    assert [record.getMessage() for record in caplog.records if record.levelno > logging.WARNING - 1] == []
    run = run_of(client(), trial)
    experiment = client().get_experiment(run.info.experiment_id)
    assert (experiment.name, run.info.run_name) == ("mine", "0000")
    assert len(client().search_runs([experiment.experiment_id])) == 1
    assert run.data.params == {"rate": "0.01", "flip": "True", "kind": "adam"}
    assert history(client(), run, "evaluation/AP_at_.50/with mask _1_") == [(2, 0.5), (4, 0.5)]
    assert history(client(), run, "training/loss/total") == [(1, 1.5), (3, 1.5)]
    assert history(client(), run, "training/images_per_s") == [(1, 8.0), (3, 8.0)]
    files = {path.path for path in client().list_artifacts(run.info.run_id, "config")}
    assert files == {"config/pipeline.config", "config/changes.json"}
    assert (home / "mlflow" / "artifacts").is_dir()


def test_the_end_marks_the_winner_and_logs_its_model(home: Path, client: Callable[[], Any]) -> None:
    trials = {name: lived_trial(home, name) for name in ("0001", "0002")}
    for trial in trials.values():
        loggers_of(["mlflow"], trial).close()
        assert run_of(client(), trial).info.status == "RUNNING"
    states = {"0001": TrialState.STOPPED_EARLY, "0002": TrialState.FAILED, "0009": TrialState.FINISHED}
    for winner in ("0002", "0001"):
        folder = trials["0001"].sweep_folder
        folder.winner.write_text("{}")
        assert log_end(["tensorboard", "mlflow"], LoggedEnd(folder, "mine", states, winner)) == []
    found = {name: run_of(client(), trial) for name, trial in trials.items()}
    assert {name: run.info.status for name, run in found.items()} == {"0001": "FINISHED", "0002": "FAILED"}
    tags = {name: run.data.tags["sweepbox.winner"] for name, run in found.items()}
    assert tags == {"0001": "true", "0002": "false"}
    [model] = client().list_artifacts(found["0001"].info.run_id, "model")
    assert model.path == "model/weights.npz"


def test_a_run_that_somebody_deleted_is_begun_anew(home: Path, client: Callable[[], Any]) -> None:
    trial = lived_trial(home, "0004")
    trial.folder.run_of("mlflow").write_text("0123456789abcdef0123456789abcdef\n")
    loggers_of(["mlflow"], trial).close()
    assert run_of(client(), trial).data.params["kind"] == "adam"


def test_a_server_that_does_not_answer_harms_nobody(
    lived: LoggedTrial, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    loggers = loggers_of(["mlflow"], lived)
    loggers.log_evaluation(evaluation(2))
    loggers.close()
    assert any("the logger mlflow is left out" in record.getMessage() for record in caplog.records)
    lived.folder.run_of("mlflow").write_text("0123456789abcdef0123456789abcdef\n")
    end = LoggedEnd(lived.sweep_folder, "mine", {"0003": TrialState.FINISHED}, "0003")
    [line] = log_end(["mlflow"], end)
    assert line.startswith("the logger mlflow does not have the end of the sweep: ")
